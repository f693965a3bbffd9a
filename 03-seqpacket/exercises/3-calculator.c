/*
 * 3-calculator.c - answer each record: one request, one reply
 *
 *     $ rm -f a.sock
 *     $ ./calculator a.sock &
 *     calculator: listening on a.sock
 *     $ ./peer seqpacket connect a.sock send '12 * 34' receive
 *     408
 *
 * A record is a whole request: nobody has to look for its end. One of more
 * than MOST bytes is answered by "too long". Clients come one after
 * another, and each may ask often. An empty record is taken for the end.
 *
 * 30 minutes. Read first: "The calls" of chapter 03.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST = 64 }; /* bytes: two numbers of 19 digits take fewer */

static void serve(int peer);
static const char *answer_to(const char *request, size_t size);
static int listen_on(const char *path);
static int accept_from(int listener);

int main(int argc, char *argv[])
{
    if (argc != 2)
        errx(2, "usage: calculator PATH");
    int listener = listen_on(argv[1]);
    warnx("listening on %s", argv[1]);
    for (;;) {
        int peer = accept_from(listener);
        serve(peer);
        close(peer);
    }
}

/* Answer each of peer's records by one, until it leaves. */
static void serve(int peer)
{
    char request[MOST + 1]; /* and a NUL, which answer_to needs */

    /* TODO: one request is answered. What of the next, or a long one? */
    ssize_t size = recv(peer, request, MOST, 0);
    if (size < 1)
        return; /* 0: the end; -1: it has gone */
    request[size] = '\0';
    const char *answer = answer_to(request, size);
    send(peer, answer, strlen(answer), 0);
}

/* ---- You need not read on. ---- */

/* What "A + B" is, or -, * and /, or why there is no such number. */
static const char *answer_to(const char *request, size_t size)
{
    static char answer[32];
    char *sign, *end;

    errno = 0;
    long long left = strtoll(request, &sign, 10);
    if (sign == request)
        return "not understood";
    sign += strspn(sign, " ");
    if (*sign == '\0' || strchr("+-*/", *sign) == NULL)
        return "not understood";
    long long right = strtoll(sign + 1, &end, 10);
    if (end == sign + 1)
        return "not understood";
    end += strspn(end, " ");
    if (end != request + size) /* a NUL is no end, nor is a word */
        return "not understood";
    if (*sign == '/' && right == 0)
        return "division by zero";

    long long result;
    bool overflow = errno == ERANGE;
    if (*sign == '+')
        overflow |= __builtin_add_overflow(left, right, &result);
    else if (*sign == '-')
        overflow |= __builtin_sub_overflow(left, right, &result);
    else if (*sign == '*' || right == -1) /* the least one by -1 */
        overflow |= __builtin_mul_overflow(left, right, &result);
    else
        result = left / right;
    if (overflow)
        return "too large";
    snprintf(answer, sizeof answer, "%lld", result);
    return answer;
}

/* A listener: clients can connect from now on. */
static int listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (listener == -1)
        err(1, "socket");
    if (bind(listener, (struct sockaddr *)&address, sizeof address))
        err(1, "bind %s", path);
    if (listen(listener, SOMAXCONN))
        err(1, "listen %s", path);
    return listener;
}

/* The next client; waits for one. */
static int accept_from(int listener)
{
    int peer;

    do
        peer = accept(listener, NULL, NULL);
    while (peer == -1 && errno == EINTR);
    if (peer == -1)
        err(1, "accept");
    return peer;
}
