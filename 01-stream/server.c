/*
 * server.c - send every client back whatever it sends
 *
 *     $ ./server echo.sock &
 *     server: listening on echo.sock
 *     $ echo 'Hello, world' | ./client echo.sock
 *     Hello, world
 *
 * 1. claim the path   2. socket, bind, listen   3. for each client: accept,
 * fork; the child echoes until end of file   4. SIGINT or SIGTERM: unlink
 */
#define _GNU_SOURCE /* accept4(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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
    fprintf(status == 0 ? stdout : stderr, "usage: server PATH\n");
    exit(status);
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

/* A listener: clients can connect from now on. */
static int listen_on(const struct sockaddr_un *address)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1)
        err(1, "socket");
    if (bind(listener, (const struct sockaddr *)address, sizeof *address))
        err(1, "bind %s", address->sun_path);
    if (listen(listener, SOMAXCONN))
        err(1, "listen %s", address->sun_path);
    return listener;
}

/* The next client; waits for one. */
static int accept_from(int listener)
{
    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer != -1)
            return peer;
        if (errno == EINTR)
            continue;
        /* No descriptor or memory left: the client stays in the queue. */
        warn("accept a client");
        poll(NULL, 0, 100); /* milliseconds; without them we would spin */
    }
}

/*
 * What a child must not keep of its server: the handler, which removes the
 * socket file, and the signals held back. Nor must it outlive its server.
 */
static void become_child_of(pid_t server)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != server)
        exit(0); /* the server ended before prctl */
    hold_signals(SIG_UNBLOCK);
}

/* Send all of data to peer; -1 with errno set if it has gone. */
static int send_all(int peer, const char *data, size_t length)
{
    while (length > 0) {
        /* MSG_NOSIGNAL: a peer that has gone is EPIPE, not our SIGPIPE */
        ssize_t sent = send(peer, data, length, MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return -1;
        data += sent;
        length -= sent;
    }
    return 0;
}

/* Send peer its own bytes back, until its end of file or an error. */
static void echo(int peer)
{
    char buffer[65536];

    for (;;) {
        ssize_t length = recv(peer, buffer, sizeof buffer, 0);
        if (length == 0)
            return;
        if (length == -1 && errno == EINTR)
            continue;
        if (length == -1)
            return; /* it has gone, and need not say why */
        if (send_all(peer, buffer, length) == -1)
            return;
    }
}

int main(int argc, char *argv[])
{
    open_standard_streams();
    setlinebuf(stderr); /* whole lines, whoever else writes there */
    for (int option; (option = getopt(argc, argv, "+h")) != -1;)
        usage(option == 'h' ? 0 : 2);
    if (argc - optind != 1)
        usage(2);
    struct sockaddr_un address = address_of(argv[optind]);

    hold_signals(SIG_BLOCK); /* until there is a file to remove */
    int lock = claim(&address);
    int listener = listen_on(&address);
    socket_path = address.sun_path;
    struct sigaction ending = {.sa_handler = remove_socket_and_exit};
    sigaction(SIGINT, &ending, NULL);
    sigaction(SIGTERM, &ending, NULL);
    signal(SIGCHLD, SIG_IGN); /* the kernel reaps the children */
    hold_signals(SIG_UNBLOCK);
    warnx("listening on %s", socket_path);

    pid_t server = getpid();
    for (;;) {
        int peer = accept_from(listener);
        hold_signals(SIG_BLOCK); /* a child must not run our handler */
        pid_t child = fork();
        if (child == -1)
            warn("fork for a client"); /* it is dropped, the next may do */
        if (child == 0) {
            become_child_of(server);
            close(listener);
            close(lock); /* a copy would keep the path locked */
            echo(peer);
            exit(0);
        }
        hold_signals(SIG_UNBLOCK);
        close(peer);
    }
}
