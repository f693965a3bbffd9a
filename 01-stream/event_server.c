/*
 * event_server.c - the service of server.c, in one process
 *
 *     $ ./event_server echo.sock &
 *     event_server: listening on echo.sock
 *     $ echo 'Hello, world' | ./client echo.sock
 *     Hello, world
 *
 * 1. claim the path   2. socket, bind, listen, and epoll to watch it
 * 3. for each descriptor that is ready: accept a client; or read from it
 * and send it back; or send what it had no room for   4. SIGINT or SIGTERM:
 * unlink
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

enum {
    MOST_EVENTS = 256, /* taken at once; the rest waits for the next turn */
    PAUSE = 100,       /* milliseconds, when no client can be accepted */
};

/* A client, and what it sent but had no room for when we sent it back. */
struct client {
    int peer;
    char *owed; /* from malloc(3); NULL when nothing is owed */
    size_t sent, length;
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
    fprintf(status == 0 ? stdout : stderr, "usage: event_server PATH\n");
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

/* A listener: clients can connect from now on. It never blocks. */
static int listen_on(const struct sockaddr_un *address)
{
    int listener =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener == -1)
        err(1, "socket");
    if (bind(listener, (const struct sockaddr *)address, sizeof *address))
        err(1, "bind %s", address->sun_path);
    if (listen(listener, SOMAXCONN))
        err(1, "listen %s", address->sun_path);
    return listener;
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

/*
 * Have epoll watch a descriptor for events, and return client with them;
 * how is EPOLL_CTL_ADD for a new descriptor, EPOLL_CTL_MOD for a change.
 * Returns -1 with errno set where the kernel has no memory for it.
 */
static int watch(int epoll, int how, int descriptor, uint32_t events,
                 struct client *client)
{
    struct epoll_event event = {.events = events, .data.ptr = client};

    return epoll_ctl(epoll, how, descriptor, &event);
}

/* Close a client's socket; epoll forgets it by that. */
static void drop(struct client *client)
{
    close(client->peer);
    free(client->owed);
    free(client);
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
 * Read from client once, and send it back. What it has no room for we owe;
 * until that is paid we wait for room and do not read, so that no client
 * makes us hold more than one buffer. Returns false when it has ended.
 */
static bool echo(int epoll, struct client *client)
{
    static char buffer[65536];

    ssize_t length = recv(client->peer, buffer, sizeof buffer, 0);
    if (length == 0)
        return false;
    if (length == -1) /* else it has gone, and need not say why */
        return errno == EAGAIN || errno == EINTR;
    ssize_t sent = send_some(client->peer, buffer, length);
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
    return !watch(epoll, EPOLL_CTL_MOD, client->peer, EPOLLOUT, client);
}

/*
 * Send client more of what we owe. When it is paid, read again: what comes,
 * and the end of file, waited in the kernel. Returns false when it has
 * gone.
 */
static bool pay(int epoll, struct client *client)
{
    ssize_t sent = send_some(client->peer, client->owed + client->sent,
                             client->length - client->sent);
    if (sent == -1)
        return false;
    client->sent += sent;
    if (client->sent < client->length)
        return true;

    free(client->owed);
    client->owed = NULL;
    return !watch(epoll, EPOLL_CTL_MOD, client->peer, EPOLLIN, client);
}

/*
 * Accept the next client, and watch for what it sends. Returns false with
 * errno set if there is no descriptor or memory left for one.
 */
static bool accept_client(int epoll, int listener)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return false;
    int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    client->peer = accept4(listener, NULL, NULL, flags);
    if (client->peer == -1) {
        free(client);
        return errno == EAGAIN || errno == EINTR;
    }
    if (watch(epoll, EPOLL_CTL_ADD, client->peer, EPOLLIN, client)) {
        drop(client);
        return false;
    }
    if (!echo(epoll, client)) /* often its first bytes are there already */
        drop(client);
    return true;
}

/* Serve whoever is ready, for ever. */
static void serve(int epoll, int listener)
{
    struct epoll_event events[MOST_EVENTS];
    bool paused = false; /* as long as no client can be accepted */

    for (;;) {
        int count =
            epoll_wait(epoll, events, MOST_EVENTS, paused ? PAUSE : -1);
        if (count == -1 && errno != EINTR)
            err(1, "epoll_wait");

        bool calling = paused; /* try again, whatever woke us */
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            if (client == NULL)
                calling = true;
            else if (client->owed ? !pay(epoll, client)
                                  : !echo(epoll, client))
                drop(client);
        }
        if (!calling)
            continue;

        /* It stays ready: watched without a pause, it would make us spin */
        bool accepted = accept_client(epoll, listener);
        if (!accepted && !paused)
            warn("accept a client");
        if (accepted == paused && watch(epoll, EPOLL_CTL_MOD, listener,
                                        accepted ? EPOLLIN : 0, NULL))
            err(1, "epoll_ctl");
        paused = !accepted;
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
    raise_descriptor_limit();
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll == -1)
        err(1, "epoll_create1");

    hold_signals(SIG_BLOCK); /* until there is a file to remove */
    claim(&address);         /* for as long as we live */
    int listener = listen_on(&address);
    socket_path = address.sun_path;
    if (watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL))
        err(1, "epoll_ctl");
    struct sigaction ending = {.sa_handler = remove_socket_and_exit};
    sigaction(SIGINT, &ending, NULL);
    sigaction(SIGTERM, &ending, NULL);
    hold_signals(SIG_UNBLOCK);
    warnx("listening on %s", socket_path);

    serve(epoll, listener);
}
