/*
 * server.c - write what clients send to standard output, one after another
 *
 *     $ ./server 抽象名前空間 > b &
 *     server: listening on @抽象名前空間
 *     $ ./client 抽象名前空間 < a
 *     $ cmp a b
 *
 * 1. the address: a NUL, the name, and no more   2. socket, bind, listen
 * 3. for each client: accept, copy until its end of file   4. SIGINT or
 * SIGTERM: the kernel takes the name back, there is nothing to remove
 */
#define _GNU_SOURCE /* accept4(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void exit_in_order(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

/* Started without a standard stream, our first socket would become it. */
static void open_standard_streams(void)
{
    int file;

    do
        file = open("/dev/null", O_RDONLY); /* nothing to read or write */
    while (file >= 0 && file <= STDERR_FILENO);
    close(file);
}

static void usage(int status)
{
    fprintf(status == 0 ? stdout : stderr, "usage: server NAME\n");
    exit(status);
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

/* A listener with an abstract name: clients can connect from now on. */
static int listen_on(const char *name)
{
    socklen_t size;
    struct sockaddr_un address = address_of(name, &size);
    /* SOCK_CLOEXEC: the name is taken until the last copy is closed */
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1)
        err(1, "socket");
    if (bind(listener, (const struct sockaddr *)&address, size))
        err(1, "bind @%s", name);
    if (listen(listener, SOMAXCONN))
        err(1, "listen @%s", name);
    return listener;
}

/* The next client; waits for one. */
static int accept_from(int listener)
{
    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer != -1)
            return peer;
        if (errno == EINTR)
            continue;
        /* No descriptor or memory left: the client stays in the queue. */
        warn("accept a client");
        poll(NULL, 0, 100); /* milliseconds; without them we would spin */
    }
}

/* Write all of data to standard output, or end. */
static void write_out(const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, data, length);
        if (written == -1 && errno == EINTR)
            continue;
        if (written == -1)
            err(1, "write standard output");
        data += written;
        length -= written;
    }
}

/* Write what peer sends to standard output, until its end of file. */
static void copy_from(int peer)
{
    char buffer[65536];

    for (;;) {
        ssize_t length = recv(peer, buffer, sizeof buffer, 0);
        if (length == 0)
            return;
        if (length == -1 && errno == EINTR)
            continue;
        if (length == -1) {
            warn("recv from a client");
            return;
        }
        write_out(buffer, length);
    }
}

int main(int argc, char *argv[])
{
    open_standard_streams();
    setlinebuf(stderr); /* whole lines, whoever else writes there */
    for (int option; (option = getopt(argc, argv, "+h")) != -1;)
        usage(option == 'h' ? 0 : 2);
    if (argc - optind != 1)
        usage(2);

    int listener = listen_on(argv[optind]);
    struct sigaction ending = {.sa_handler = exit_in_order};
    sigaction(SIGINT, &ending, NULL);
    sigaction(SIGTERM, &ending, NULL);
    warnx("listening on @%s", argv[optind]);

    for (;;) {
        int peer = accept_from(listener);
        copy_from(peer);
        close(peer);
    }
}
