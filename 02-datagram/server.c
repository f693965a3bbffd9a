/*
 * server.c - answer every datagram in capitals
 *
 *     $ ./server upper.sock &
 *     server: listening on upper.sock
 *     $ ./client upper.sock 'long message'
 *     server: received 10 bytes from upper.sock.763, 2 more lost
 *     Response 1 : LONG MESSA
 *
 * First the lesson: main, bind_to, serve. Left out: proof of a return
 * address. We answer, with our rights, whomever it names; it can name
 * another server. And where net.unix.max_dgram_qlen is 512, as systemd sets
 * it, one client that never reads fills our send buffer: then nobody is
 * answered until it leaves.
 */
#define _GNU_SOURCE /* setlinebuf(3) and getopt(3), with -std=c11 too */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] = "usage: server [-n SIZE] PATH\n";

enum {
    USUAL_SIZE = 10,     /* as in the notes, and soon too small */
    MOST_SIZE = 1 << 30, /* above what any datagram holds */
};

static int bind_to(const struct sockaddr_un *address);
static void serve(int receiver, char *buffer, size_t size);

/* below the line */
static void open_standard_streams(void);
static void survive_lost_log(void);
static size_t size_option(int argc, char *argv[], size_t usual);
static char **operands(int argc, char *argv[], int least, int most);
static struct sockaddr_un address_of(const char *path);
static int claim(const struct sockaddr_un *address);
static void remove_at_end(const struct sockaddr_un *address);
static bool is_own(const struct sockaddr_un *address);
static void refuse_descriptors(int socket);
static void show(const struct sockaddr_un *sender, socklen_t size,
                 char name[sizeof sender->sun_path + 1]);

int main(int argc, char *argv[])
{
    open_standard_streams();
    survive_lost_log();
    size_t size = size_option(argc, argv, USUAL_SIZE);
    char **operand = operands(argc, argv, 1, 1);
    struct sockaddr_un address = address_of(operand[0]);
    char *buffer = malloc(size);
    if (buffer == NULL)
        err(1, "malloc");

    claim(&address); /* nobody else serves at this path */
    int receiver = bind_to(&address);
    remove_at_end(&address);
    warnx("listening on %s", address.sun_path);

    for (;;)
        serve(receiver, buffer, size);
}

/* A datagram socket that receives what is sent to address. */
static int bind_to(const struct sockaddr_un *address)
{
    int receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (receiver == -1)
        err(1, "socket");
    refuse_descriptors(receiver);
    if (bind(receiver, (const struct sockaddr *)address, sizeof *address))
        err(1, "bind %s", address->sun_path);
    return receiver;
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
    if (is_own(&sender)) { /* else we would answer ourselves, for ever */
        warnx("sendto %s: this is our own address", name);
        return;
    }

    for (size_t i = 0; i < length; i++)
        buffer[i] = (char)toupper((unsigned char)buffer[i]);
    /* MSG_DONTWAIT: a client that does not read must not stop the next */
    if (sendto(receiver, buffer, length, MSG_DONTWAIT,
               (struct sockaddr *)&sender, sender_size) == -1)
        warn("sendto %s", name);
}

/* ---- The same in every lesson: who has read it once stops here. ---- */

/* Started without a standard stream, our first socket would become it. */
static void open_standard_streams(void)
{
    int file;

    do
        file = open("/dev/null", O_RDONLY); /* nothing to read or write */
    while (file >= 0 && file <= STDERR_FILENO);
    close(file);
    setlinebuf(stderr); /* whole lines, whoever else writes there */
}

/* A log whose reader has gone is lost; it does not end us by SIGPIPE. */
static void survive_lost_log(void)
{
    signal(SIGPIPE, SIG_IGN);
}

/* The usage is all there is: as -h asks for it, or as an error. */
static void end_with_usage(int option)
{
    if (option != 'h') {
        fputs(usage, stderr);
        exit(2);
    }
    if (fputs(usage, stdout) == EOF || fflush(stdout) == EOF)
        err(1, "write standard output");
    exit(0);
}

/* The SIZE in text, 1 to MOST_SIZE; anything else is wrong usage. */
static size_t size_of(const char *text)
{
    char *end;
    long size = strtol(text, &end, 10);

    if (end == text || *end != '\0' || size < 1 || size > MOST_SIZE) {
        warnx("size '%s' is not a number from 1 to %d", text, MOST_SIZE);
        end_with_usage('?');
    }
    return size;
}

/* The SIZE that -n gives, or the usual one. */
static size_t size_option(int argc, char *argv[], size_t usual)
{
    size_t size = usual;

    for (int option; (option = getopt(argc, argv, "+hn:")) != -1;) {
        if (option != 'n')
            end_with_usage(option);
        size = size_of(optarg);
    }
    return size;
}

/* The operands, least to most of them; another number is wrong usage. */
static char **operands(int argc, char *argv[], int least, int most)
{
    int count = argc - optind;

    if (count < least || count > most)
        end_with_usage('?');
    return argv + optind;
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

/* SIG_BLOCK holds all signals back, SIG_UNBLOCK lets them in. */
static void hold_signals(int how)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(how, &all, NULL);
}

/*
 * Lock PATH.lock, or end: only who holds it may serve at PATH. The lock
 * lasts until the last copy of the returned descriptor is closed, however
 * we end. The file stays: were it removed, two servers could each lock a
 * file of this name.
 */
static int lock_path_of(const struct sockaddr_un *address)
{
    const char *path = address->sun_path;
    char name[sizeof address->sun_path + sizeof ".lock"];
    struct stat file;

    snprintf(name, sizeof name, "%s.lock", path);
    /* O_RDWR: a FIFO would make us wait for a writer, and NFS wants it */
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int reason = errno; /* lstat(2) may set it, too */
    if (lock == -1 && reason == EACCES && lstat(name, &file) == 0)
        errx(1, "open %s: Permission denied: user %u has to remove it",
             name, file.st_uid);
    errno = reason;
    if (lock == -1)
        err(1, "open %s", name);
    if (flock(lock, LOCK_EX | LOCK_NB) == -1) {
        if (errno != EWOULDBLOCK)
            err(1, "flock %s", name);
        errno = EADDRINUSE; /* by the server that holds the lock */
        err(1, "bind %s", path);
    }
    return lock;
}

/*
 * Make the path ours, and free for bind(2) where a dead server left its
 * socket: that goes, all else stays, and bind refuses it. Returns the lock.
 * Signals wait from now on, until remove_at_end.
 */
static int claim(const struct sockaddr_un *address)
{
    const char *path = address->sun_path;
    int lock = lock_path_of(address);
    struct stat file;

    /*
     * Does a server live there that knows nothing of our lock? To ask with
     * a datagram socket leaves it nothing to accept: it says EPROTOTYPE.
     * ECONNREFUSED means a dead socket, or a file that never was one.
     */
    int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe == -1)
        err(1, "socket");
    if (lstat(path, &file) == 0 && S_ISSOCK(file.st_mode) &&
        connect(probe, (const struct sockaddr *)address, sizeof *address) &&
        errno == ECONNREFUSED && unlink(path) == -1)
        err(1, "unlink %s", path);
    close(probe);
    hold_signals(SIG_BLOCK);
    return lock;
}

/* What asks us to end calls handler; SIGHUP does not under nohup(1). */
static void catch_endings(void (*handler)(int))
{
    signal(SIGINT, handler);
    signal(SIGTERM, handler);
    if (signal(SIGHUP, handler) == SIG_IGN)
        signal(SIGHUP, SIG_IGN);
}

static const char *own_path; /* the file that bind made, */
static struct stat own_file; /* which the signal handler removes */

static void remove_own_and_exit(int signal_number)
{
    struct stat file;

    (void)signal_number;
    if (lstat(own_path, &file) == 0 && file.st_ino == own_file.st_ino &&
        file.st_dev == own_file.st_dev) /* else it is somebody else's */
        unlink(own_path);
    _exit(0);
}

/* From now on SIGINT, SIGTERM and SIGHUP end us in order, with status 0. */
static void remove_at_end(const struct sockaddr_un *address)
{
    own_path = address->sun_path;
    if (lstat(own_path, &own_file))
        err(1, "lstat %s", own_path);
    catch_endings(remove_own_and_exit);
    hold_signals(SIG_UNBLOCK);
}

/* Whether a path leads to our own socket, by whatever name. */
static bool is_own(const struct sockaddr_un *address)
{
    char path[sizeof address->sun_path + 1]; /* 108 bytes have no NUL */
    struct stat file;

    snprintf(path, sizeof path, "%.*s", (int)sizeof address->sun_path,
             address->sun_path);
    return stat(path, &file) == 0 && file.st_ino == own_file.st_ino &&
           file.st_dev == own_file.st_dev;
}

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* newer than these headers: Linux 6.16 */
#endif

/*
 * Refuse the descriptors that a client may pass. recv(2) would close them,
 * and wait as long as that takes: a TCP socket can make it long. An older
 * kernel has no such option; there, one client can make all others wait.
 */
static void refuse_descriptors(int socket)
{
    int no = 0;

    setsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no);
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
