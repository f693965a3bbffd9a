/*
 * 2-framing.c - print the messages of a stream, one a line
 *
 *     $ rm -f a.sock; ./peer stream bind a.sock listen \
 *           tell "listening on a.sock" accept \
 *           hex 00000005 send hello hex 00000005 send world &
 *     peer: listening on a.sock
 *     $ ./framing a.sock
 *     hello
 *     world
 *
 * A stream has no boundaries: recv(2) brings what has come so far, be it a
 * part of a message, or two of them. So before each message its sender says
 * how many bytes it has: in four bytes, the highest first ("network byte
 * order").
 *
 * 20 minutes. Read first: "The calls" of chapter 01.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { LONGEST = 1 << 20 }; /* who sends more is wrong, or means harm */

static bool receive_exactly(int server, void *data, size_t size);
static void print_line(const char *text, size_t length);
static int connect_to(const char *path);

int main(int argc, char *argv[])
{
    static char message[LONGEST];
    uint32_t length;

    if (argc != 2)
        errx(2, "usage: framing PATH");
    int server = connect_to(argv[1]);

    while (receive_exactly(server, &length, sizeof length)) {
        length = ntohl(length); /* from network byte order to ours */
        if (length > LONGEST)
            errx(1, "a message of %u bytes, %d fit", length, LONGEST);
        if (!receive_exactly(server, message, length))
            errx(1, "recv: the end came in the middle of a message");
        print_line(message, length);
    }
    return 0;
}

/*
 * Receive so many bytes, no more and no fewer. Returns false if the end of
 * file comes before the first of them; in the middle it is an error.
 */
static bool receive_exactly(int server, void *data, size_t size)
{
    /* TODO: recv(2) may bring fewer bytes than it is asked for. */
    ssize_t length = recv(server, data, size, 0);
    if (length == -1)
        err(1, "recv");
    return length > 0;
}

/* ---- You need not read on. ---- */

/* Print text of so many bytes, and a newline, at once. */
static void print_line(const char *text, size_t length)
{
    fwrite(text, 1, length, stdout);
    putchar('\n');
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "write standard output");
}

/* A socket that is connected to the server at path. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (server == -1)
        err(1, "socket");
    if (connect(server, (struct sockaddr *)&address, sizeof address))
        err(1, "connect %s", path);
    return server;
}
