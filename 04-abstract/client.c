/*
 * client.c - send standard input to a server that has an abstract name
 *
 *     $ ./client 抽象名前空間 < a
 *
 * First the lesson: main to finish. Status 0 means that the server has
 * written everything. Left out: a limit on how long that may take; asking
 * who the server is.
 */
#define _GNU_SOURCE /* getopt(3), with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] = "usage: client NAME\n";

static int connect_to(const char *name);
static struct sockaddr_un address_of(const char *name, socklen_t *size);
static void send_input(int server);
static void finish(int server);

/* below the line */
static void open_standard_streams(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static int send_all(int peer, const char *data, size_t length);

int main(int argc, char *argv[])
{
    open_standard_streams();
    no_options(argc, argv);
    char **operand = operands(argc, argv, 1, 1);

    int server = connect_to(operand[0]);
    send_input(server);
    finish(server);
    return 0;
}

/* A socket that is connected to the server with the abstract name. */
static int connect_to(const char *name)
{
    socklen_t size;
    struct sockaddr_un address = address_of(name, &size);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server == -1)
        err(1, "socket");
    if (connect(server, (const struct sockaddr *)&address, size))
        err(1, "connect @%s", name);
    return server;
}

/*
 * The abstract address of name, and in size how many bytes of it count: not
 * one more, as any padding would be part of the name. A name that is not 1
 * to 107 bytes long ends us.
 */
static struct sockaddr_un address_of(const char *name, socklen_t *size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name), most = sizeof address.sun_path - 1;

    if (length < 1 || length > most)
        errx(1, "name '%s' has %zu bytes, 1 to %zu fit", name, length,
             most);
    memcpy(address.sun_path + 1, name, length); /* after a NUL */
    *size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    return address;
}

/* Send standard input to server, until its end. */
static void send_input(int server)
{
    char buffer[65536];

    for (;;) {
        ssize_t length = read(STDIN_FILENO, buffer, sizeof buffer);
        if (length == 0)
            return;
        if (length == -1 && errno == EINTR)
            continue;
        if (length == -1)
            err(1, "read standard input");
        if (send_all(server, buffer, length) == -1)
            err(1, "send to the server");
    }
}

/*
 * Half-close, and wait for the server's end of file: it has written all. If
 * it ends without, we get ECONNRESET.
 */
static void finish(int server)
{
    char byte;
    ssize_t length;

    if (shutdown(server, SHUT_WR) == -1)
        err(1, "shutdown of the server's input");
    do
        length = recv(server, &byte, 1, 0);
    while (length > 0 || (length == -1 && errno == EINTR));
    if (length == -1)
        err(1, "recv from the server");
}

/* ---- The same in every lesson: who has read it once stops here. ---- */

/* Started without a standard stream, our first socket would become it. */
static void open_standard_streams(void)
{
    int file;

    do
        file = open("/dev/null", O_RDONLY); /* nothing to read or write */
    while (file >= 0 && file <= STDERR_FILENO);
    close(file);
    setlinebuf(stderr); /* whole lines, whoever else writes there */
}

/* The usage is all there is: as -h asks for it, or as an error. */
static void end_with_usage(int option)
{
    if (option != 'h') {
        fputs(usage, stderr);
        exit(2);
    }
    if (fputs(usage, stdout) == EOF || fflush(stdout) == EOF)
        err(1, "write standard output");
    exit(0);
}

/* Any option is wrong usage, but for -h. */
static void no_options(int argc, char *argv[])
{
    int option = getopt(argc, argv, "+h");

    if (option != -1)
        end_with_usage(option);
}

/* The operands, least to most of them; another number is wrong usage. */
static char **operands(int argc, char *argv[], int least, int most)
{
    int count = argc - optind;

    if (count < least || count > most)
        end_with_usage('?');
    return argv + optind;
}

/* Send all of data to peer; -1 with errno set if it has gone. */
static int send_all(int peer, const char *data, size_t length)
{
    while (length > 0) {
        /* MSG_NOSIGNAL: a peer that has gone is EPIPE, not our SIGPIPE */
        ssize_t sent = send(peer, data, length, MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return -1;
        data += sent;
        length -= sent;
    }
    return 0;
}
