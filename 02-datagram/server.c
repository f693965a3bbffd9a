/*
 * server.c - answer every datagram in capitals
 *
 *     $ ./server upper.sock &
 *     server: listening on upper.sock
 *     $ ./client upper.sock 'long message'
 *     server: received 10 bytes from upper.sock.763, 2 more lost
 *     Response 1 : LONG MESSA
 *
 * 1. claim the path   2. socket, bind   3. for each datagram: say what
 * came, answer its sender   4. SIGINT or SIGTERM: unlink
 */
#define _GNU_SOURCE /* setlinebuf(3) and getopt(3), with -std=c11 too */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    USUAL_SIZE = 10,     /* as in the notes, and soon too small */
    MOST_SIZE = 1 << 30, /* above what any datagram holds */
};

static const char *socket_path; /* what the signal handler removes */

static void remove_socket_and_exit(int signal_number)
{
    struct stat file;

    (void)signal_number;
    if (lstat(socket_path, &file) == 0 && S_ISSOCK(file.st_mode))
        unlink(socket_path);
    _exit(0);
}

/* SIG_BLOCK holds all signals back, SIG_UNBLOCK lets them in. */
static void hold_signals(int how)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(how, &all, NULL);
}

/* Started without a standard stream, our first socket would become it. */
static void open_standard_streams(void)
{
    int file;

    do
        file = open("/dev/null", O_RDONLY); /* nothing to read or write */
    while (file >= 0 && file <= STDERR_FILENO);
    close(file);
}

static void usage(int status)
{
    fprintf(status == 0 ? stdout : stderr,
            "usage: server [-n SIZE] PATH\n");
    exit(status);
}

/* The SIZE in text, 1 to MOST_SIZE; anything else is wrong usage. */
static size_t size_of(const char *text)
{
    char *end;
    long size = strtol(text, &end, 10);

    if (end == text || *end != '\0' || size < 1 || size > MOST_SIZE) {
        warnx("size '%s' is not a number from 1 to %d", text, MOST_SIZE);
        usage(2);
    }
    return size;
}

/* The address of path; one that is not 1 to 107 bytes long ends us. */
static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path), most = sizeof address.sun_path - 1;

    if (length < 1 || length > most)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             most);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    return address;
}

/*
 * Make the path ours, and free for bind(2) where a dead server left its
 * socket. Returns the lock on PATH.lock, which lasts until its last copy is
 * closed, however we end. PATH.lock is never removed: after that, two
 * servers could each hold the lock on a file of this name.
 */
static int claim(const struct sockaddr_un *address)
{
    const char *path = address->sun_path;
    char lock_path[sizeof address->sun_path + sizeof ".lock"];

    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    int flags = O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    int lock = open(lock_path, flags, 0600);
    if (lock == -1)
        err(1, "open %s", lock_path);
    if (flock(lock, LOCK_EX | LOCK_NB) == -1) {
        if (errno != EWOULDBLOCK)
            err(1, "flock %s", lock_path);
        errno = EADDRINUSE; /* by the server that holds the lock */
        err(1, "bind %s", path);
    }

    struct stat file;
    if (lstat(path, &file) == -1 || !S_ISSOCK(file.st_mode))
        return lock; /* nothing is there, or what bind refuses to touch */

    /*
     * Somebody may live there who knows nothing of our lock. To ask with a
     * datagram socket leaves them nothing to accept: a live stream socket
     * answers EPROTOTYPE, and ECONNREFUSED means that its owner is dead.
     */
    int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe == -1)
        err(1, "socket");
    int answer =
        connect(probe, (const struct sockaddr *)address, sizeof *address);
    if (answer == -1 && errno == ECONNREFUSED && unlink(path) == -1)
        err(1, "unlink %s", path);
    close(probe);
    return lock; /* where somebody lives, bind says so */
}

/* A datagram socket that receives what is sent to address. */
static int bind_to(const struct sockaddr_un *address)
{
    int receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (receiver == -1)
        err(1, "socket");
    if (bind(receiver, (const struct sockaddr *)address, sizeof *address))
        err(1, "bind %s", address->sun_path);
    return receiver;
}

/*
 * Write the sender's address, of size bytes, to name as a log can show it.
 * The sender chose those bytes: '@' stands for a NUL of an abstract name,
 * and '?' for a control character, which might disturb the terminal. UTF-8
 * has more of them than ASCII: C2 80 to C2 9F.
 */
static void show(const struct sockaddr_un *sender, socklen_t size,
                 char name[sizeof sender->sun_path + 1])
{
    size_t length = size - offsetof(struct sockaddr_un, sun_path);
    unsigned char before = 0;

    if (sender->sun_path[0] != '\0') /* a path, and a NUL after it */
        length = strnlen(sender->sun_path, length);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = sender->sun_path[i];
        name[i] = sender->sun_path[i];
        if (c == '\0')
            name[i] = '@';
        else if (iscntrl(c) || (before == 0xc2 && (c & 0xe0) == 0x80))
            name[i] = '?';
        before = c;
    }
    name[length] = '\0';
}

/* Receive one datagram into size bytes at buffer, and answer its sender. */
static void serve(int receiver, char *buffer, size_t size)
{
    struct sockaddr_un sender;
    socklen_t sender_size = sizeof sender;
    char name[sizeof sender.sun_path + 1];

    /* MSG_TRUNC: returns the length that was sent, not what fits */
    ssize_t sent = recvfrom(receiver, buffer, size, MSG_TRUNC,
                            (struct sockaddr *)&sender, &sender_size);
    if (sent == -1 && errno == EINTR)
        return;
    if (sent == -1)
        err(1, "recvfrom");
    size_t length = (size_t)sent < size ? (size_t)sent : size;
    char lost[64] = "";
    if ((size_t)sent > size)
        snprintf(lost, sizeof lost, ", %zu more lost", (size_t)sent - size);

    if (sender_size <= offsetof(struct sockaddr_un, sun_path)) {
        /* the kernel wrote no address: what sender holds is not one */
        warnx("received %zu bytes without a return address%s", length,
              lost);
        return;
    }
    if (sender_size > sizeof sender) /* 108 bytes, and a NUL cut off */
        sender_size = sizeof sender;
    show(&sender, sender_size, name);
    warnx("received %zu bytes from %s%s", length, name, lost);

    for (size_t i = 0; i < length; i++)
        buffer[i] = (char)toupper((unsigned char)buffer[i]);
    /* MSG_DONTWAIT: a client that does not read must not stop the next */
    if (sendto(receiver, buffer, length, MSG_DONTWAIT,
               (struct sockaddr *)&sender, sender_size) == -1)
        warn("sendto %s", name);
}

int main(int argc, char *argv[])
{
    size_t size = USUAL_SIZE;

    open_standard_streams();
    setlinebuf(stderr); /* whole lines, whoever else writes there */
    for (int option; (option = getopt(argc, argv, "+hn:")) != -1;) {
        if (option != 'n')
            usage(option == 'h' ? 0 : 2);
        size = size_of(optarg);
    }
    if (argc - optind != 1)
        usage(2);
    struct sockaddr_un address = address_of(argv[optind]);
    char *buffer = malloc(size);
    if (buffer == NULL)
        err(1, "malloc");

    hold_signals(SIG_BLOCK); /* until there is a file to remove */
    claim(&address);         /* for as long as we live */
    int receiver = bind_to(&address);
    socket_path = address.sun_path;
    struct sigaction ending = {.sa_handler = remove_socket_and_exit};
    sigaction(SIGINT, &ending, NULL);
    sigaction(SIGTERM, &ending, NULL);
    hold_signals(SIG_UNBLOCK);
    warnx("listening on %s", socket_path);

    for (;;)
        serve(receiver, buffer, size);
}
