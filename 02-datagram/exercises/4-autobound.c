/*
 * 4-autobound.c - ask a server from an address that the kernel has chosen
 *
 *     $ ./server a.sock &
 *     server: listening on a.sock
 *     $ ./autobound a.sock hello
 *     autobound: my address is @0002f
 *     server: received 5 bytes from @0002f
 *     HELLO
 *
 * The name is abstract: a NUL, shown as @, and five hexadecimal digits that
 * nobody else has. It is no file, so there is nothing to remove.
 *
 * 20 minutes. Read first: "The calls" of chapter 02, and "Autobind feature"
 * in unix(7).
 */
#define _GNU_SOURCE /* struct timeval, with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { PATIENCE = 3 /* seconds */, ANSWER_SIZE = 1 << 17 };

static void autobind(int socket);
static void say_own_name(int socket);
static int connect_to(const char *path);
static void print_answer(int server, const char *path);

int main(int argc, char *argv[])
{
    if (argc != 3)
        errx(2, "usage: autobound PATH TEXT");
    int server = connect_to(argv[1]);

    autobind(server);
    say_own_name(server);
    if (send(server, argv[2], strlen(argv[2]), 0) == -1)
        err(1, "send %s", argv[1]);
    print_answer(server, argv[1]);
    return 0;
}

/* Let the kernel choose a name for socket. */
static void autobind(int socket)
{
    /* TODO: bind(2) to an address that has no name. How long is it? */
    (void)socket;
}

/* Say which name socket has: its first byte is the NUL, shown as @. */
static void say_own_name(int socket)
{
    struct sockaddr_un own;

    memset(&own, '?', sizeof own); /* what is printed too much shows */
    /* TODO: getsockname(2) knows it. Where does such a name end? */
    (void)socket;
    warnx("my address is @");
}

/* ---- You need not read on. ---- */

/* A datagram socket that hears only the server at path. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    struct timeval limit = {.tv_sec = PATIENCE};

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int server = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (server == -1)
        err(1, "socket");
    if (setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit))
        err(1, "setsockopt");
    if (connect(server, (struct sockaddr *)&address, sizeof address))
        err(1, "connect %s", path);
    return server;
}

/* Receive the answer, and print it as a line. */
static void print_answer(int server, const char *path)
{
    static char answer[ANSWER_SIZE]; /* more than an argument */
    ssize_t length;

    do /* EINTR: with a limit, also after SIGSTOP and SIGCONT */
        length = recv(server, answer, sizeof answer, 0);
    while (length == -1 && errno == EINTR);
    if (length == -1 && errno == EAGAIN)
        errx(1, "recv %s: no answer for %d seconds", path, PATIENCE);
    if (length == -1)
        err(1, "recv %s", path);
    fwrite(answer, 1, (size_t)length, stdout);
    putchar('\n');
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(1, "write standard output");
}
