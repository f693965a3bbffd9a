/*
 * client.c - who is the server? then, as in lesson 01
 *
 *     $ echo 'this is a line' | ./client creds.sock
 *     client: the server is pid 761, uid 1000 (ann)
 *     > this is a line
 *
 * 1. socket, connect   2. ask the kernel who listens there   3. send what
 * standard input has, write what the server sends, both at once   4. at the
 * end of the input: half-close, and wait for the rest
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
    fprintf(status == 0 ? stdout : stderr, "usage: client PATH\n");
    exit(status);
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

/* A socket that is connected to the server at address. */
static int connect_to(const struct sockaddr_un *address)
{
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server == -1)
        err(1, "socket");
    if (connect(server, (const struct sockaddr *)address, sizeof *address))
        err(1, "connect %s", address->sun_path);
    return server;
}

/* Say who the server was when it called listen(2), as the kernel knows. */
static void name_server(int server)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;

    if (getsockopt(server, SOL_SOCKET, SO_PEERCRED, &credentials, &size))
        err(1, "getsockopt SO_PEERCRED");
    struct passwd *user = getpwuid(credentials.uid);
    warnx("the server is pid %d, uid %u (%s)", credentials.pid,
          credentials.uid, user ? user->pw_name : "no name");
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

/*
 * Carry standard input to peer and what peer sends to standard output, both
 * at once: a peer that waits for us to read does not read either. At the
 * end of the input, half-close, and stay for the rest. Returns whether peer
 * ended after that, and not before.
 */
static bool converse(int peer)
{
    char data[65536], reply[65536];
    size_t sent = 0, length = 0; /* data[sent] to data[length - 1] wait */
    bool input_open = true, half_closed = false;

    for (;;) {
        bool waiting = sent < length;
        struct pollfd files[] = {
            /* poll(2) skips a negative descriptor */
            {.fd = input_open && !waiting ? STDIN_FILENO : -1,
             .events = POLLIN},
            {.fd = peer, .events = waiting ? POLLIN | POLLOUT : POLLIN},
        };
        if (poll(files, 2, -1) == -1 && errno != EINTR)
            err(1, "poll");

        if (files[1].revents & ~POLLOUT) {
            ssize_t got = recv(peer, reply, sizeof reply, MSG_DONTWAIT);
            if (got == 0)
                return half_closed;
            if (got == -1 && errno == ECONNRESET)
                return false; /* it left without reading all of ours */
            if (got == -1 && errno != EAGAIN && errno != EINTR)
                err(1, "recv from the peer");
            if (got > 0)
                write_out(reply, got);
        }
        if (files[1].revents & POLLOUT) {
            ssize_t done = send(peer, data + sent, length - sent,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
            if (done > 0)
                sent += done;
            if (done == -1 && errno == EPIPE) {
                /* it reads no more, but may have sent something */
                input_open = false;
                length = sent;
            } else if (done == -1 && errno != EAGAIN && errno != EINTR)
                err(1, "send to the peer");
        }
        if (files[0].revents) {
            ssize_t got = read(STDIN_FILENO, data, sizeof data);
            if (got == -1 && errno != EAGAIN && errno != EINTR)
                err(1, "read standard input");
            if (got > 0) {
                sent = 0;
                length = got;
            }
            if (got == 0) {
                input_open = false;
                half_closed = true;
                if (shutdown(peer, SHUT_WR) == -1)
                    err(1, "shutdown of the peer's input");
            }
        }
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
    struct sockaddr_un address = address_of(argv[optind]);

    int server = connect_to(&address);
    name_server(server);
    if (!converse(server))
        errx(1, "recv %s: the server closed the connection",
             address.sun_path);
    return 0;
}
