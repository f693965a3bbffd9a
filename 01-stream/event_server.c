/*
 * event_server.c - the service of server.c, in one process
 *
 *     $ ./event_server echo.sock &
 *     event_server: listening on echo.sock
 *     $ echo 'Hello, world' | ./client echo.sock
 *     Hello, world
 *
 * First the lesson: main to pay. It waits for all clients at once, and for
 * none alone. Left out: a limit on how long a client may stay; more than
 * one processor's work.
 */
#define _GNU_SOURCE /* accept4(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] = "usage: event_server PATH\n";

enum {
    MOST_EVENTS = 256, /* taken at once; the rest waits for the next turn */
    PAUSE = 100,       /* milliseconds, when no client can be accepted */
};

/* What epoll watches: a client, or the listener, which is owed nothing. */
struct watched {
    int epoll, descriptor;
    char *owed;          /* from malloc(3); NULL when nothing is owed */
    size_t sent, length; /* owed[sent] to owed[length - 1] are to go */
};

static void raise_descriptor_limit(void);
static struct watched listen_on(const struct sockaddr_un *address);
static void serve(struct watched *listener);
static bool accept_client(const struct watched *listener);
static bool echo(struct watched *client);
static bool pay(struct watched *client);
static ssize_t send_some(int peer, const char *data, size_t length);
static int watch(struct watched *file, int how, uint32_t events);
static void drop(struct watched *client);

/* below the line */
static void open_standard_streams(void);
static void survive_lost_log(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static struct sockaddr_un address_of(const char *path);
static int claim(const struct sockaddr_un *address);
static void remove_at_end(const struct sockaddr_un *address);
static void refuse_descriptors(int socket);

int main(int argc, char *argv[])
{
    open_standard_streams();
    survive_lost_log();
    no_options(argc, argv);
    char **operand = operands(argc, argv, 1, 1);
    struct sockaddr_un address = address_of(operand[0]);

    raise_descriptor_limit();
    claim(&address); /* nobody else serves at this path */
    struct watched listener = listen_on(&address);
    remove_at_end(&address);
    warnx("listening on %s", address.sun_path);
    serve(&listener);
}

/* As many descriptors as we may have: each client takes one. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        err(1, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        err(1, "setrlimit");
}

/* A listener that never blocks, and an epoll that watches it. */
static struct watched listen_on(const struct sockaddr_un *address)
{
    struct watched listener = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (listener.epoll == -1)
        err(1, "epoll_create1");
    int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    listener.descriptor = socket(AF_UNIX, type, 0);
    if (listener.descriptor == -1)
        err(1, "socket");
    refuse_descriptors(listener.descriptor); /* its clients inherit this */
    if (bind(listener.descriptor, (const struct sockaddr *)address,
             sizeof *address))
        err(1, "bind %s", address->sun_path);
    if (listen(listener.descriptor, SOMAXCONN))
        err(1, "listen %s", address->sun_path);
    return listener;
}

/* Serve whoever is ready, for ever. */
static void serve(struct watched *listener)
{
    struct epoll_event events[MOST_EVENTS];
    bool paused = false; /* as long as no client can be accepted */

    if (watch(listener, EPOLL_CTL_ADD, EPOLLIN))
        err(1, "epoll_ctl");
    for (;;) {
        int count = epoll_wait(listener->epoll, events, MOST_EVENTS,
                               paused ? PAUSE : -1);
        if (count == -1 && errno != EINTR)
            err(1, "epoll_wait");

        bool calling = paused; /* try again, whatever woke us */
        for (int i = 0; i < count; i++) {
            struct watched *ready = events[i].data.ptr;
            if (ready == listener)
                calling = true;
            else if (ready->owed ? !pay(ready) : !echo(ready))
                drop(ready);
        }
        if (!calling)
            continue;

        /* It stays ready: watched without a pause, it would make us spin */
        bool accepted = accept_client(listener);
        if (!accepted && !paused)
            warn("accept a client");
        if (accepted == paused &&
            watch(listener, EPOLL_CTL_MOD, accepted ? EPOLLIN : 0))
            err(1, "epoll_ctl");
        paused = !accepted;
    }
}

/*
 * Accept the next client, and watch for what it sends. Returns false with
 * errno set if there is no descriptor or memory left for one.
 */
static bool accept_client(const struct watched *listener)
{
    struct watched *client = calloc(1, sizeof *client);
    if (client == NULL)
        return false;
    client->epoll = listener->epoll;
    client->descriptor = accept4(listener->descriptor, NULL, NULL,
                                 SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client->descriptor == -1) {
        free(client);
        return errno == EAGAIN || errno == EINTR;
    }
    if (watch(client, EPOLL_CTL_ADD, EPOLLIN)) {
        drop(client);
        return false;
    }
    if (!echo(client)) /* often its first bytes are there already */
        drop(client);
    return true;
}

/*
 * Read from client once, and send it back. What it has no room for we owe;
 * until that is paid we wait for room and do not read, so that no client
 * makes us hold more than one buffer. Returns false when it has ended.
 */
static bool echo(struct watched *client)
{
    static char buffer[65536];

    ssize_t length = recv(client->descriptor, buffer, sizeof buffer, 0);
    if (length == 0)
        return false;
    if (length == -1) /* else it has gone, and need not say why */
        return errno == EAGAIN || errno == EINTR;
    ssize_t sent = send_some(client->descriptor, buffer, length);
    if (sent == -1)
        return false;
    if (sent == length)
        return true;

    client->sent = 0;
    client->length = length - sent;
    client->owed = malloc(client->length);
    if (client->owed == NULL) {
        warn("malloc for a client");
        return false;
    }
    memcpy(client->owed, buffer + sent, client->length);
    return !watch(client, EPOLL_CTL_MOD, EPOLLOUT);
}

/*
 * Send client more of what we owe. When it is paid, read again: what comes,
 * and the end of file, waited in the kernel. Returns false when it has
 * gone.
 */
static bool pay(struct watched *client)
{
    ssize_t sent =
        send_some(client->descriptor, client->owed + client->sent,
                  client->length - client->sent);
    if (sent == -1)
        return false;
    client->sent += sent;
    if (client->sent < client->length)
        return true;

    free(client->owed);
    client->owed = NULL;
    return !watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

/* Send to peer what it has room for; -1 with errno set if it has gone. */
static ssize_t send_some(int peer, const char *data, size_t length)
{
    /* MSG_NOSIGNAL: a peer that has gone is EPIPE, not our SIGPIPE */
    ssize_t sent = send(peer, data, length, MSG_NOSIGNAL);
    if (sent == -1 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return sent;
}

/*
 * Have epoll watch a file for events; how is EPOLL_CTL_ADD for a new one,
 * EPOLL_CTL_MOD for a change. Returns -1 with errno set where the kernel
 * has no memory for it.
 */
static int watch(struct watched *file, int how, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = file};

    return epoll_ctl(file->epoll, how, file->descriptor, &event);
}

/* Close a client's socket; epoll forgets it by that. */
static void drop(struct watched *client)
{
    close(client->descriptor);
    free(client->owed);
    free(client);
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

/* Any option is wrong usage, but for -h. */
static void no_options(int argc, char *argv[])
{
    int option = getopt(argc, argv, "+h");

    if (option != -1)
        end_with_usage(option);
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
