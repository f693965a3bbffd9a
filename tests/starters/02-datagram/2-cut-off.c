/*
 * 2-cut-off.c - receive datagrams, and say how much of each was cut off
 *
 *     $ ./cut-off a.sock 10 2 &
 *     cut-off: listening on a.sock
 *     $ ./peer datagram connect a.sock send hello send 'long message'
 *     received 5 bytes: hello
 *     received 10 bytes, 2 more lost: long messa
 *
 * What does not fit the buffer is gone: the next recv(2) has the next
 * datagram. Without a word in the log, nobody will ever know.
 *
 * 15 minutes. Read first: "2 more lost" in chapter 02, and "Break it
 * yourself", 1 and 2.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] = "usage: cut-off PATH SIZE COUNT";
static struct sockaddr_un address; /* its file is removed at the end */

static void receive(int receiver, char *buffer, size_t size);
static size_t number(const char *text);
static int bind_to(const char *path);

int main(int argc, char *argv[])
{
    if (argc != 4)
        errx(2, "%s", usage);
    size_t size = number(argv[2]);
    char *buffer = malloc(size);
    if (buffer == NULL)
        err(1, "malloc");

    int receiver = bind_to(argv[1]);
    warnx("listening on %s", argv[1]);
    for (size_t count = number(argv[3]); count > 0; count--)
        receive(receiver, buffer, size);
    return 0;
}

/* Receive one datagram into size bytes at buffer, and say what came. */
static void receive(int receiver, char *buffer, size_t size)
{
    ssize_t length;

    /* TODO: how long was the datagram? Say how much of it is lost. */
    do
        length = recv(receiver, buffer, size, 0);
    while (length == -1 && errno == EINTR);
    if (length == -1)
        err(1, "recv");

    printf("received %zd bytes: ", length);
    fwrite(buffer, 1, (size_t)length, stdout);
    putchar('\n');
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(1, "write standard output");
}

/* ---- You need not read on. ---- */

/* The number in text, 1 to 1000000; anything else is wrong usage. */
static size_t number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end != '\0' || value < 1 || value > 1000000)
        errx(2, "%s", usage);
    return (size_t)value;
}

static void remove_own(void)
{
    unlink(address.sun_path);
}

/* A datagram socket at path. Its file goes at the end, but by a signal. */
static int bind_to(const char *path)
{
    size_t length = strlen(path);

    address.sun_family = AF_UNIX;
    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (receiver == -1)
        err(1, "socket");
    if (bind(receiver, (struct sockaddr *)&address, sizeof address))
        err(1, "bind %s", path);
    atexit(remove_own);
    return receiver;
}
