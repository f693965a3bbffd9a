/*
 * 1-no-reply.c - ask a server by datagram, and print its answer
 *
 *     $ ./server a.sock &
 *     server: listening on a.sock
 *     $ ./no-reply a.sock hello
 *     server: received 5 bytes from a.sock.452
 *     HELLO
 *     $ ls a.sock*
 *     a.sock  a.sock.lock
 *
 * A datagram has no connection to come back on: who wants an answer has an
 * address. An address has a file, and that file goes when we do.
 *
 * 20 minutes. Read first: "The calls" and "It fails first" of chapter 02.
 */
#define _GNU_SOURCE /* sigfillset(3), with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE = 3 /* seconds */, ANSWER_SIZE = 1 << 17 };

static struct sockaddr_un own; /* the signal handler removes its file */

static void bind_own(int socket, const char *path);
static void remove_own(void);
static struct sockaddr_un address_of(const char *path);
static int connect_to(const struct sockaddr_un *address);
static void print_answer(int server, const char *path);
static void hold_signals(int how);
static void call_at_end(void (*cleaner)(void));

int main(int argc, char *argv[])
{
    if (argc != 3)
        errx(2, "usage: no-reply PATH TEXT");
    struct sockaddr_un address = address_of(argv[1]);
    int server = connect_to(&address);

    hold_signals(SIG_BLOCK); /* until there is a file to remove */
    bind_own(server, argv[1]);
    call_at_end(remove_own); /* not earlier: bind_own may fail */
    hold_signals(SIG_UNBLOCK);
    if (send(server, argv[2], strlen(argv[2]), 0) == -1)
        err(1, "send %s", argv[1]);
    print_answer(server, argv[1]);
    return 0;
}

/* Bind socket to an address that no other client of path has. */
static void bind_own(int socket, const char *path)
{
    /* TODO: without an address, no answer finds us. Keep it in own. */
    (void)socket;
    (void)path;
}

/* Called when we end: in main, by err(3), or by a signal. */
static void remove_own(void)
{
    /* TODO: the file that bind(2) made stays, unless you remove it. */
    (void)own;
}

/* ---- You need not read on. ---- */

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

/* A datagram socket that hears only the server at address. */
static int connect_to(const struct sockaddr_un *address)
{
    struct timeval limit = {.tv_sec = PATIENCE};
    int server = socket(AF_UNIX, SOCK_DGRAM, 0);

    if (server == -1)
        err(1, "socket");
    if (setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit))
        err(1, "setsockopt");
    if (connect(server, (const struct sockaddr *)address, sizeof *address))
        err(1, "connect %s", address->sun_path);
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

/* SIG_BLOCK holds all signals back, SIG_UNBLOCK lets them in. */
static void hold_signals(int how)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(how, &all, NULL);
}

static void (*clean)(void); /* for the signal handler */

static void clean_and_die(int signal_number)
{
    clean();
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* takes effect when this handler returns */
}

/* Call cleaner when we end, by exit(3) or by a signal. */
static void call_at_end(void (*cleaner)(void))
{
    static const int endings[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};

    clean = cleaner;
    atexit(cleaner);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (signal(endings[i], clean_and_die) == SIG_IGN)
            signal(endings[i], SIG_IGN); /* as nohup(1) wanted it */
}
