/*
 * fuzz.c - send a server random messages, and compare what comes back
 *
 *     $ ./fuzz -n 100000 -s 7 capitals upper.sock 4096
 *     931 MB, 476 clients, 506 too large
 *
 * The sizes go from empty to the most that the kernel takes at once, and
 * one more. An empty message is the last one of its client: the next client
 * has a new socket and a new random name. The same seed gives the same
 * messages. The first that is not answered as it must be ends fuzz with
 * status 1 and a line.
 *
 * SERVICE is what the server at ADDRESS does (@NAME is abstract):
 *     echo       01: sends every byte back
 *     capitals   02: sends the first SIZE bytes back, in capitals
 *     records    03: sends every record back
 *     copy       04: writes every byte to what is our standard input
 *     lines      06: sends every line back, after "> "
 */
#define _GNU_SOURCE /* err.h and getopt(3), with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    MOST = 1 << 20,   /* bytes in a message; the kernel takes fewer */
    PATIENCE = 10000, /* milliseconds */
};

static struct sockaddr_un server_address;
static socklen_t address_size;
static uint64_t random_state;

/* The message under way: which one it is, its bytes, and its answer. */
static long number;
static size_t size;
static char message[MOST], expected[3 * MOST], reply[3 * MOST];

static size_t answer_limit = MOST; /* SIZE, of the service capitals */
static bool line_begins;           /* of the service lines */

/* --- what is random: xorshift64*, by Vigna */

static uint64_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717u;
}

/* A number from 0 to limit - 1. */
static size_t below(size_t limit)
{
    return (random_bits() >> 32) * limit >> 32;
}

static void fill(char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
        uint64_t eight = random_bits();
        size_t rest = length - i;
        memcpy(bytes + i, &eight,
               rest < sizeof eight ? rest : sizeof eight);
    }
}

/*
 * Small ones, powers of two, the most, the neighbours of both, and now and
 * then any. One of eight messages repeats one byte: all of it are lines.
 */
static void make_message(size_t most)
{
    size_t choice = below(64);

    if (choice == 0)
        size = most - 1 + below(3);
    else if (choice <= 2)
        size = below(most + 1);
    else if (choice <= 18)
        size = ((size_t)1 << below(18)) - 1 + below(3);
    else
        size = 1 + below(128);
    if (below(8) == 0)
        memset(message, "\n\0a\xff"[below(4)], size);
    else
        fill(message, size);
}

/* --- what must come back: each sets expected, and returns its length */

static size_t echo(void)
{
    memcpy(expected, message, size);
    return size;
}

static size_t capitals(void)
{
    size_t length = size < answer_limit ? size : answer_limit;

    for (size_t i = 0; i < length; i++) {
        bool small = message[i] >= 'a' && message[i] <= 'z';
        expected[i] = small ? message[i] - 'a' + 'A' : message[i];
    }
    return length;
}

static size_t lines(void)
{
    size_t length = 0;

    for (size_t i = 0; i < size; i++) {
        if (line_begins) {
            expected[length++] = '>';
            expected[length++] = ' ';
        }
        expected[length++] = message[i];
        line_begins = message[i] == '\n';
    }
    return length;
}

static const struct service {
    const char *name;
    int type;
    size_t (*answer)(void);
} services[] = {
    {"echo", SOCK_STREAM, echo},       {"capitals", SOCK_DGRAM, capitals},
    {"records", SOCK_SEQPACKET, echo}, {"copy", SOCK_STREAM, echo},
    {"lines", SOCK_STREAM, lines},
};

/* --- the conversation */

/* End with a line: which message, what is wrong, and the error if any. */
static void fail(const char *what, int error)
{
    errx(1, "message %ld of %zu bytes: %s%s%s", number, size, what,
         error ? ": " : "", error ? strerror(error) : "");
}

static void compare(size_t expected_length, size_t length)
{
    char what[128];

    for (size_t i = 0; i < expected_length && i < length; i++)
        if (expected[i] != reply[i]) {
            snprintf(what, sizeof what, "byte %zu is 0x%02x, not 0x%02x", i,
                     (unsigned char)reply[i], (unsigned char)expected[i]);
            fail(what, 0);
        }
    if (length != expected_length) {
        snprintf(what, sizeof what, "%zu bytes came back, not %zu", length,
                 expected_length);
        fail(what, 0);
    }
}

/* Wait until one of the files is ready. */
static void await(struct pollfd *files, int count)
{
    int ready = poll(files, count, PATIENCE);

    if (ready == -1)
        fail("poll", errno);
    if (ready == 0)
        fail("nothing happens for 10 seconds", 0);
}

/* Both ways at once: a server that waits for us to read reads nothing. */
static void exchange_stream(int server, int answers, size_t length)
{
    size_t sent = 0, got = 0;

    while (sent < size || got < length) {
        struct pollfd files[] = {
            {.fd = sent < size ? server : -1, .events = POLLOUT},
            {.fd = answers, .events = POLLIN},
        };
        await(files, 2);
        if (files[0].revents) {
            ssize_t done = send(server, message + sent, size - sent,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
            if (done == -1 && errno != EAGAIN)
                fail("send", errno);
            sent += done > 0 ? done : 0;
        }
        if (files[1].revents) {
            ssize_t done = read(answers, reply + got, sizeof reply - got);
            if (done == -1)
                fail("read", errno);
            if (done == 0)
                fail("the server closed the connection", 0);
            got += done;
        }
    }
    compare(length, got);
}

static void exchange_record(int server, size_t length)
{
    struct pollfd files[] = {{.fd = server, .events = POLLIN}};

    if (send(server, message, size, MSG_NOSIGNAL) == -1)
        fail("send", errno);
    await(files, 1);
    ssize_t got = recv(server, reply, sizeof reply, MSG_TRUNC);
    if (got == -1)
        fail("recv", errno);
    compare(length, got);
}

/* One byte more than the kernel takes: it says so, and sends nothing. */
static void send_too_much(int server)
{
    if (send(server, message, size, MSG_NOSIGNAL) != -1)
        fail("sent, but is too large", 0);
    if (errno != EMSGSIZE)
        fail("send", errno);
}

/* --- clients */

static void set_address(const char *name)
{
    size_t length = strlen(name);

    if (length < 1 || length >= sizeof server_address.sun_path)
        errx(1, "address %s: does not fit", name);
    server_address.sun_family = AF_UNIX;
    memcpy(server_address.sun_path, name, length);
    if (name[0] == '@')
        server_address.sun_path[0] = '\0';
    address_size = offsetof(struct sockaddr_un, sun_path) + length;
}

/* A client: it has a random abstract name, for the server to answer to. */
static int connect_anew(int type)
{
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    size_t most = sizeof own.sun_path - 1; /* 8 bytes are nobody's, yet */
    size_t length = below(4) == 0 ? most : 8 + below(most - 8);
    int server = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    if (server == -1)
        err(1, "socket");
    fill(own.sun_path + 1, length);
    if (bind(server, (struct sockaddr *)&own,
             offsetof(struct sockaddr_un, sun_path) + 1 + length))
        err(1, "bind a random name");
    if (connect(server, (struct sockaddr *)&server_address, address_size))
        fail("connect", errno);
    line_begins = true;
    return server;
}

/* Say the end: the server says nothing more, and closes, too. */
static void end_conversation(int server, int type)
{
    struct pollfd files[] = {{.fd = server}}; /* POLLHUP always counts */

    if (type == SOCK_STREAM && shutdown(server, SHUT_WR))
        fail("shutdown", errno);
    if (type == SOCK_SEQPACKET && send(server, "", 0, MSG_NOSIGNAL) == -1)
        fail("send", errno);
    if (type != SOCK_DGRAM) {
        await(files, 1);
        if (recv(server, reply, sizeof reply, MSG_DONTWAIT) != 0)
            fail("something comes instead of the end", 0);
    }
    close(server);
}

/* The most bytes of one datagram or record: measured, Linux 6.18. */
static size_t largest(int server)
{
    int room;
    socklen_t length = sizeof room;

    if (getsockopt(server, SOL_SOCKET, SO_SNDBUF, &room, &length))
        err(1, "getsockopt SO_SNDBUF");
    if (room - 32 >= MOST)
        errx(1, "SO_SNDBUF is %d: larger than any that fuzz knows", room);
    return room - 32;
}

static void usage(void)
{
    errx(2, "usage: fuzz [-n COUNT] [-s SEED] "
            "echo|capitals|records|copy|lines ADDRESS [SIZE]");
}

static const struct service *service_of(const char *name)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (strcmp(name, services[i].name) == 0)
            return &services[i];
    usage();
    return NULL;
}

int main(int argc, char *argv[])
{
    long count = 1000, clients = 1, too_large = 0;
    double bytes = 0;
    uint64_t seed = 1;

    for (int option; (option = getopt(argc, argv, "n:s:")) != -1;) {
        if (option == 'n')
            count = atol(optarg);
        else if (option == 's')
            seed = strtoul(optarg, NULL, 10);
        else
            usage();
    }
    if (argc - optind < 2 || argc - optind > 3)
        usage();
    random_state = seed * 2 + 1; /* never 0: there it would stay */
    const struct service *service = service_of(argv[optind]);
    bool copies = strcmp(service->name, "copy") == 0;
    set_address(argv[optind + 1]);
    if (argc - optind == 3)
        answer_limit = strtoul(argv[optind + 2], NULL, 10);

    int server = connect_anew(service->type);
    size_t most = largest(server);
    for (number = 1; number <= count; number++) {
        make_message(most);
        if (service->type != SOCK_STREAM && size > most) {
            send_too_much(server);
            too_large++;
            continue;
        }
        size_t length = service->answer();
        if (service->type == SOCK_STREAM)
            exchange_stream(server, copies ? STDIN_FILENO : server, length);
        else if (size > 0 || service->type == SOCK_DGRAM)
            exchange_record(server, length);
        bytes += size;
        if (size == 0) {
            end_conversation(server, service->type);
            server = connect_anew(service->type);
            clients++;
        }
    }
    end_conversation(server, service->type);
    printf("%.0f MB, %ld clients, %ld too large\n", bytes / 1e6, clients,
           too_large);
    return 0;
}
