/*
 * 3-logger.c - send lines to a log, and never wait for it
 *
 *     $ rm -f log.sock
 *     $ ./peer datagram bind log.sock receive receive &
 *     $ printf 'one\ntwo\n' | ./logger log.sock
 *     one
 *     two
 *     $ printf 'one\ntwo\n' | ./logger log.sock
 *     logger: 2 of 2 lines lost
 *
 * The log of the system is such a socket: /dev/log. A program that logs has
 * other work to do. A log that is slow, or not there, must not stop it, and
 * what got lost must not be kept secret.
 *
 * 15 minutes. Read first: "A full queue" and "/dev/log" in chapter 02.
 */
#define _GNU_SOURCE /* getline(3), with -std=c11 too */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static bool send_line(int socket, const struct sockaddr_un *log,
                      const char *line, size_t length);
static bool read_line(const char **line, size_t *length);
static struct sockaddr_un address_of(const char *path);

int main(int argc, char *argv[])
{
    const char *line;
    size_t length, lines = 0, lost = 0;

    if (argc != 2)
        errx(2, "usage: logger PATH");
    struct sockaddr_un log = address_of(argv[1]);
    int sender = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (sender == -1)
        err(1, "socket");
    for (; read_line(&line, &length); lines++)
        if (!send_line(sender, &log, line, length))
            lost++;
    if (lost > 0)
        warnx("%zu of %zu lines lost", lost, lines);
    return 0;
}

/* Send one line to the log, or lose it; true if it is on its way. */
static bool send_line(int socket, const struct sockaddr_un *log,
                      const char *line, size_t length)
{
    /* TODO: neither wait for the log nor end because of it. */
    if (sendto(socket, line, length, 0, (const struct sockaddr *)log,
               sizeof *log) == -1)
        err(1, "sendto %s", log->sun_path);
    return true;
}

/* ---- You need not read on. ---- */

/* The next line of standard input, without its end; false if none is. */
static bool read_line(const char **line, size_t *length)
{
    static char *text;
    static size_t size;
    ssize_t count = getline(&text, &size, stdin);

    if (count == -1 && ferror(stdin))
        err(1, "read standard input");
    if (count == -1)
        return false;
    *line = text;
    *length = text[count - 1] == '\n' ? count - 1 : count;
    return true;
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
