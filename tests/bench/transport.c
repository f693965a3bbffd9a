/*
 * transport.c - round trips a second between two bare processes
 *
 *     $ ./transport stream-pair 64 1
 *     181204
 *
 * The parent sends SIZE bytes, the child sends them back, for SECONDS;
 * every byte that comes back is compared. Between them is one of the
 * transports of the table below, or a server at a path, which then is the
 * child.
 */
#define _GNU_SOURCE /* sched_setaffinity(2) */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1 << 20 };

/* The descriptors that each side reads from and writes to. */
struct sides {
    int parent_in, parent_out, child_in, child_out;
};

static char message[MOST], answer[MOST];

static void check(int result, const char *call)
{
    if (result == -1)
        err(1, "%s", call);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* Both sides on processor 0: the figure is work, not waking up. */
static void pin(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static struct sides both(int parent, int child)
{
    return (struct sides){parent, parent, child, child};
}

static struct sides make_pipes(int type)
{
    int there[2], back[2];
    (void)type;
    check(pipe(there), "pipe");
    check(pipe(back), "pipe");
    return (struct sides){back[0], there[1], there[0], back[1]};
}

static struct sides make_pair(int type)
{
    int ends[2];
    check(socketpair(AF_UNIX, type, 0, ends), "socketpair");
    return both(ends[0], ends[1]);
}

/* Connect two sockets of one kind: by listen and accept, or each to each.
 */
static struct sides join(int family, int type, struct sockaddr *one,
                         socklen_t one_size, struct sockaddr *two,
                         socklen_t two_size)
{
    int listener = socket(family, type, 0),
        caller = socket(family, type, 0);
    check(listener, "socket");
    check(caller, "socket");
    check(bind(listener, one, one_size), "bind");
    check(getsockname(listener, one, &one_size), "getsockname");
    if (type != SOCK_DGRAM) {
        check(listen(listener, 1), "listen");
        check(connect(caller, one, one_size), "connect");
        int peer = accept(listener, NULL, NULL);
        check(peer, "accept");
        return both(caller, peer);
    }
    check(bind(caller, two, two_size), "bind");
    check(getsockname(caller, two, &two_size), "getsockname");
    check(connect(caller, one, one_size), "connect");
    check(connect(listener, two, two_size), "connect");
    return both(caller, listener);
}

static struct sides make_path(int type)
{
    struct sockaddr_un one = {.sun_family = AF_UNIX}, two = one;
    sprintf(one.sun_path, "transport.%d", getpid());
    sprintf(two.sun_path, "transport.%d.client", getpid());
    struct sides sides =
        join(AF_UNIX, type, (struct sockaddr *)&one, sizeof one,
             (struct sockaddr *)&two, sizeof two);
    unlink(one.sun_path);
    unlink(two.sun_path);
    return sides;
}

static struct sides make_abstract(int type)
{
    struct sockaddr_un one = {.sun_family = AF_UNIX}, two = one;
    socklen_t autobind = offsetof(struct sockaddr_un, sun_path);
    int listener = socket(AF_UNIX, type, 0);
    int caller = socket(AF_UNIX, type, 0);
    socklen_t size = sizeof two;
    check(bind(listener, (struct sockaddr *)&one, autobind), "bind");
    check(getsockname(listener, (struct sockaddr *)&two, &size),
          "getsockname");
    check(listen(listener, 1), "listen");
    check(connect(caller, (struct sockaddr *)&two, size), "connect");
    int peer = accept(listener, NULL, NULL);
    check(peer, "accept");
    close(listener);
    return both(caller, peer);
}

static struct sides make_inet(int type)
{
    struct sockaddr_in one = {.sin_family = AF_INET};
    one.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr_in two = one;
    struct sides sides =
        join(AF_INET, type, (struct sockaddr *)&one, sizeof one,
             (struct sockaddr *)&two, sizeof two);
    int on = 1;
    if (type == SOCK_STREAM) { /* else small messages wait for each other */
        setsockopt(sides.parent_in, IPPROTO_TCP, TCP_NODELAY, &on,
                   sizeof on);
        setsockopt(sides.child_in, IPPROTO_TCP, TCP_NODELAY, &on,
                   sizeof on);
    }
    return sides;
}

static const struct transport {
    const char *name;
    struct sides (*make)(int type);
    int type;
} transports[] = {
    {"pipe-pair", make_pipes, 0},
    {"stream-pair", make_pair, SOCK_STREAM},
    {"datagram-pair", make_pair, SOCK_DGRAM},
    {"seqpacket-pair", make_pair, SOCK_SEQPACKET},
    {"unix-stream", make_path, SOCK_STREAM},
    {"unix-datagram", make_path, SOCK_DGRAM},
    {"unix-seqpacket", make_path, SOCK_SEQPACKET},
    {"abstract-stream", make_abstract, SOCK_STREAM},
    {"tcp-loopback", make_inet, SOCK_STREAM},
    {"udp-loopback", make_inet, SOCK_DGRAM},
    {"stream", NULL, SOCK_STREAM},
    {"datagram", NULL, SOCK_DGRAM},
    {"seqpacket", NULL, SOCK_SEQPACKET},
};

/* A socket that is connected to the server at path. */
static int call(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t autobind = offsetof(struct sockaddr_un, sun_path);
    int server = socket(AF_UNIX, type, 0);
    check(server, "socket");
    if (type == SOCK_DGRAM)
        check(bind(server, (struct sockaddr *)&address, autobind), "bind");
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(server, (struct sockaddr *)&address, sizeof address))
        err(1, "connect %s", path);
    return server;
}

static void write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, data, length);
        check(written, "write");
        data += written;
        length -= written;
    }
}

/* The bare loop: no more than what an echo takes. */
static void echo(int in, int out)
{
    static char buffer[MOST];
    ssize_t length;

    while ((length = read(in, buffer, sizeof buffer)) > 0)
        write_all(out, buffer, length);
}

/* Round trips of size bytes a second, over seconds. */
static double measure(int in, int out, size_t size, double seconds)
{
    double start = now(), end = start + seconds, time;
    long trips = 0;

    do {
        message[trips % size] =
            trips % 10 + '0'; /* each differs a little */
        write_all(out, message, size);
        for (size_t got = 0; got < size;) {
            ssize_t length = read(in, answer + got, sizeof answer - got);
            check(length, "read");
            if (length == 0)
                errx(1, "the other side has ended");
            got += length;
        }
        if (memcmp(message, answer, size) != 0)
            errx(1, "other bytes came back");
        trips++;
        time = now();
    } while (time < end);
    return trips / (time - start);
}

int main(int argc, char *argv[])
{
    const struct transport *t = transports;
    size_t count = sizeof transports / sizeof *transports;

    while (t < transports + count && argc > 1 &&
           strcmp(t->name, argv[1]) != 0)
        t++;
    if (t == transports + count || argc != (t->make ? 4 : 5)) {
        fprintf(stderr, "usage: transport NAME SIZE SECONDS\n"
                        "       transport stream|datagram|seqpacket SIZE "
                        "SECONDS PATH\n"
                        "names:");
        for (size_t i = 0; i < count; i++)
            if (transports[i].make)
                fprintf(stderr, " %s", transports[i].name);
        fprintf(stderr, "\n");
        return 2;
    }
    size_t size = atoi(argv[2]);
    double seconds = atof(argv[3]);
    memset(message, '.', sizeof message);
    signal(SIGPIPE, SIG_IGN);

    if (t->make == NULL) {
        int server = call(argv[4], t->type);
        pin();
        printf("%.0f\n", measure(server, server, size, seconds));
        return 0;
    }
    struct sides sides = t->make(t->type);
    pid_t child = fork();
    check(child, "fork");
    if (child == 0) {
        pin();
        echo(sides.child_in, sides.child_out);
        return 0;
    }
    pin();
    printf("%.0f\n",
           measure(sides.parent_in, sides.parent_out, size, seconds));
    kill(child, SIGKILL);
    return 0;
}
