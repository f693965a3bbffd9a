/*
 * 1-short-writes.c - send all of standard input, to a reader that is slow
 *
 *     $ ./peer stream bind a.sock listen accept wait copy >got &
 *     $ head -c 4M /dev/urandom | tee sent | ./short-writes a.sock
 *     $ cmp sent got
 *
 * The socket is non-blocking, as in a program that has more to do than to
 * wait: send(2) takes what there is room for, and says how much that was.
 *
 * 20 minutes. Read first: "The calls" and "It fails first" of chapter 01.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char data[4 << 20]; /* as much of the input as we send */

static void send_all(int server, const char *rest, size_t size);
static size_t read_input(void);
static int connect_to(const char *path);

int main(int argc, char *argv[])
{
    if (argc != 2)
        errx(2, "usage: short-writes PATH");
    size_t size = read_input();
    int server = connect_to(argv[1]);
    send_all(server, data, size);
    return 0;
}

/* Send so many bytes of rest to the server; an error ends us. */
static void send_all(int server, const char *rest, size_t size)
{
    /* TODO: send(2) may take less than it is given. Go on with the rest. */
    if (send(server, rest, size, MSG_NOSIGNAL) == -1)
        err(1, "send");
}

/* ---- You need not read on. ---- */

/* What standard input has, as much as fits; returns its size in bytes. */
static size_t read_input(void)
{
    size_t size = fread(data, 1, sizeof data, stdin);

    if (ferror(stdin))
        err(1, "read standard input");
    return size;
}

/* A non-blocking socket that is connected to the server at path. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (server == -1)
        err(1, "socket");
    if (connect(server, (struct sockaddr *)&address, sizeof address))
        err(1, "connect %s", path);
    return server;
}
