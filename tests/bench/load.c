/*
 * load.c - clients of an echo server: many at once, or one after another
 *
 *     $ ./load -c 64 -t 1 echo.sock
 *     214310 214402 281 402
 *
 * Each of CLIENTS connects; BUSY of them (all, if not given) then send SIZE
 * bytes, wait until they are back, compare every one, and start again, for
 * SECONDS. Printed are the round trips a second of all together, how many
 * they were, and their median and 99th percentile in microseconds.
 *
 *     -c CLIENTS   -b BUSY   -s SIZE (64)   -t SECONDS (1)
 *     -y TYPE      of the server's socket: stream, datagram, seqpacket
 *     -w           wait, so that somebody can look at the server before and
 *                  after: when all have connected, made one round trip and
 *                  printed a line, for a line on standard input; and with
 *                  all still connected, in the end, for the end of it
 *     -m connect   instead: connect, one round trip, close; prints how many
 *                  a second, one after another
 *     -m bulk      instead: send and receive at once without a break, SIZE
 *                  bytes at a time, on one connection; prints MiB a second,
 *                  and how many MiB
 *     -m idle      instead: all connect, make one round trip, print a line,
 *                  and stay until standard input ends
 *     -m flood     instead: one sends until the server takes no more,
 *                  prints a line, and stays, without ever reading
 */
#define _GNU_SOURCE /* err.h and getopt(3), with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST = 1 << 18,
    PERIOD = 4093,
    LATENCIES = 1 << 22,
    PATIENCE = 5000 /* ms: others may use the machine, too */
};

struct client {
    int server;
    unsigned trip;    /* chooses the bytes to send: see bytes_of */
    size_t got;       /* of them, so many are back */
    double sent_time; /* seconds, by now() */
};

static char pattern[MOST + PERIOD];
static char buffer[MOST];
static float latencies[LATENCIES]; /* seconds, of the first so many trips */
static const char *path;
static int type = SOCK_STREAM;
static int clients = 1, busy = -1;
static bool waits;
static size_t size = 64;
static double seconds = 1;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int connect_once(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int server = socket(AF_UNIX, type, 0);

    if (server == -1)
        err(1, "socket");
    if (type == SOCK_DGRAM && /* autobind: an address to answer to */
        bind(server, (struct sockaddr *)&address, sizeof(sa_family_t)))
        err(1, "bind");
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(server, (struct sockaddr *)&address, sizeof address))
        err(1, "connect %s", path);
    return server;
}

/* What client number sends on a trip: others, and other trips, differ. */
static const char *bytes_of(int number, unsigned trip)
{
    return pattern + (number * 31u + trip * 17u) % PERIOD;
}

static void send_trip(struct client *client, int number)
{
    ssize_t sent = send(client->server, bytes_of(number, client->trip),
                        size, MSG_NOSIGNAL);
    if (sent == -1 || (size_t)sent != size)
        err(1, "send");
}

/* Receive what there is; returns whether that completes the trip. */
static bool receive_trip(struct client *client, int number)
{
    ssize_t length = recv(client->server, buffer, size - client->got, 0);
    if (length == -1)
        err(1, "recv");
    if (length == 0)
        errx(1, "recv: the server closed the connection");
    const char *expected = bytes_of(number, client->trip) + client->got;
    if (memcmp(buffer, expected, length) != 0)
        errx(1, "client %d, trip %u: other bytes came back", number,
             client->trip);
    client->got += length;
    if (client->got < size)
        return false;
    client->got = 0;
    client->trip++;
    return true;
}

static void make_trip(struct client *client, int number)
{
    send_trip(client, number);
    while (!receive_trip(client, number))
        continue;
}

/* All clients, connected, and served once, so that the server has them. */
static struct client *connect_all(void)
{
    struct client *all = calloc(clients, sizeof *all);
    if (all == NULL)
        err(1, "calloc");
    for (int i = 0; i < clients; i++) {
        all[i].server = connect_once();
        make_trip(&all[i], i);
    }
    return all;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

/* Until standard input ends; whoever is connected stays so. */
static void stay(void)
{
    fflush(stdout);
    while (read(STDIN_FILENO, buffer, sizeof buffer) > 0)
        continue;
}

static void wait_for_go(void)
{
    if (!waits)
        return;
    say("all are served");
    if (read(STDIN_FILENO, buffer, sizeof buffer) < 1)
        errx(1, "nobody says when to begin");
}

static void run_round_trips(void)
{
    static struct epoll_event events[256];
    struct client *all = connect_all();
    int epoll = epoll_create1(0);
    long trips = 0;

    for (int i = 0; i < busy; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].server, &event))
            err(1, "epoll_ctl");
    }
    wait_for_go();
    double start = now(), time = start;
    for (int i = 0; i < busy; i++) {
        all[i].sent_time = start;
        send_trip(&all[i], i);
    }
    /* Every trip that begins is ended, and counts. */
    for (int travelling = busy; travelling > 0;) {
        int count = epoll_wait(epoll, events, 256, PATIENCE);
        if (count == 0)
            errx(1, "no reply for %d ms", PATIENCE);
        time = now();
        for (int i = 0; i < count; i++) {
            uint32_t number = events[i].data.u32;
            struct client *client = &all[number];
            if (!receive_trip(client, number))
                continue;
            if (trips < LATENCIES)
                latencies[trips] = time - client->sent_time;
            trips++;
            if (time >= start + seconds) {
                travelling--;
                continue;
            }
            client->sent_time = time;
            send_trip(client, number);
        }
    }
    long kept = trips < LATENCIES ? trips : LATENCIES;
    qsort(latencies, kept, sizeof *latencies, by_value);
    printf("%.0f %ld %.0f %.0f\n", trips / (time - start), trips,
           latencies[kept / 2] * 1e6, latencies[kept * 99 / 100] * 1e6);
    if (waits)
        stay();
    free(all);
}

static void run_connects(void)
{
    double start = now();
    long trips = 0;

    for (; now() < start + seconds; trips++) {
        struct client client = {.server = connect_once()};
        make_trip(&client, trips);
        close(client.server);
    }
    printf("%.0f\n", trips / (now() - start));
}

/* The stream is the pattern, over and over: any place in it is known. */
static void run_bulk(void)
{
    struct client client = {.server = connect_once()};
    int server = client.server;
    uint64_t sent = 0, got = 0;

    make_trip(&client, 0);
    wait_for_go();
    double start = now();

    while (now() < start + seconds) {
        struct pollfd room = {.fd = server, .events = POLLIN | POLLOUT};
        if (poll(&room, 1, PATIENCE) != 1)
            errx(1, "nothing moves for %d ms", PATIENCE);
        if (room.revents & POLLOUT) {
            ssize_t length = send(server, pattern + sent % PERIOD, size,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
            if (length == -1 && errno != EAGAIN)
                err(1, "send");
            sent += length > 0 ? length : 0;
        }
        if (room.revents & POLLIN) {
            ssize_t length = recv(server, buffer, size, MSG_DONTWAIT);
            if (length == -1 && errno != EAGAIN)
                err(1, "recv");
            if (length > 0 &&
                memcmp(buffer, pattern + got % PERIOD, length) != 0)
                errx(1, "other bytes came back");
            got += length > 0 ? length : 0;
        }
    }
    printf("%.0f %.0f\n", got / (now() - start) / (1 << 20),
           (double)got / (1 << 20));
    if (waits)
        stay();
}

static void run_flood(void)
{
    struct pollfd room = {.fd = connect_once(), .events = POLLOUT};

    while (poll(&room, 1, 300) == 1)
        if (send(room.fd, pattern, size, MSG_NOSIGNAL | MSG_DONTWAIT) ==
                -1 &&
            errno != EAGAIN)
            err(1, "send");
    say("the server takes no more");
    stay();
}

static int type_of(const char *name)
{
    if (strcmp(name, "datagram") == 0)
        return SOCK_DGRAM;
    return strcmp(name, "seqpacket") == 0 ? SOCK_SEQPACKET : SOCK_STREAM;
}

int main(int argc, char *argv[])
{
    struct rlimit limit;
    const char *mode = "round";

    for (int option;
         (option = getopt(argc, argv, "c:b:s:t:m:y:w")) != -1;) {
        if (option == 'c')
            clients = atoi(optarg);
        else if (option == 'b')
            busy = atoi(optarg);
        else if (option == 's')
            size = atoi(optarg);
        else if (option == 't')
            seconds = atof(optarg);
        else if (option == 'm')
            mode = optarg;
        else if (option == 'y')
            type = type_of(optarg);
        else if (option == 'w')
            waits = true;
        else
            return 2;
    }
    if (argc - optind != 1 || size < 1 || size > MOST || clients < 1)
        errx(2, "usage: load [-w] [-c CLIENTS] [-b BUSY] [-s SIZE] "
                "[-t SECONDS] [-y TYPE] [-m connect|bulk|idle|flood] PATH");
    path = argv[optind];
    if (busy < 0 || busy > clients)
        busy = clients;
    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = i % PERIOD * 2654435761u >> 13;
        if (pattern[i] >= 'a' && pattern[i] <= 'z')
            pattern[i] += 'A' - 'a'; /* lesson 02's server would do so */
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    if (strcmp(mode, "round") == 0)
        run_round_trips();
    else if (strcmp(mode, "connect") == 0)
        run_connects();
    else if (strcmp(mode, "bulk") == 0)
        run_bulk();
    else if (strcmp(mode, "idle") == 0) {
        struct client *all = connect_all();
        say("all are served");
        stay();
        free(all);
    } else if (strcmp(mode, "flood") == 0)
        run_flood();
    else
        errx(2, "mode %s is none", mode);
    return 0;
}
