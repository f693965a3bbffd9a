/*
 * client.c - who is the server? then, as in lesson 01
 *
 *     $ echo 'this is a line' | ./client creds.sock
 *     client: the server is pid 761, uid 1000 (ann)
 *     > this is a line
 *
 * First the lesson: main and name_server. Left out: a decision. A client
 * that knows whom it wants to talk to compares the uid, and leaves.
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

static const char usage[] = "usage: client PATH\n";

static void name_server(int server);

/* below the line */
static void open_standard_streams(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static struct sockaddr_un address_of(const char *path);
static int connect_to(const struct sockaddr_un *address);
static void write_out(const char *data, size_t length);
static bool converse(int peer);

int main(int argc, char *argv[])
{
    open_standard_streams();
    no_options(argc, argv);
    char **operand = operands(argc, argv, 1, 1);
    struct sockaddr_un address = address_of(operand[0]);

    int server = connect_to(&address);
    name_server(server);
    if (!converse(server))
        errx(1, "recv %s: the server closed the connection",
             address.sun_path);
    return 0;
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

/* What standard input had, and peer may have had no room for yet. */
struct upload {
    int input;           /* standard input, or -1 after its end */
    size_t sent, length; /* data[sent] to data[length - 1] wait */
    char data[65536];
};

static int take_reply(int peer);
static void send_some(int peer, struct upload *upload);
static bool read_some(struct upload *upload);

/*
 * Carry standard input to peer and what peer sends to standard output, both
 * at once: a peer that waits for us to read does not read either. At the
 * end of the input, half-close, and stay for the rest. Returns whether peer
 * ended after that, and not before.
 */
static bool converse(int peer)
{
    struct upload upload = {.input = STDIN_FILENO};
    bool half_closed = false;

    for (;;) {
        bool waiting = upload.sent < upload.length;
        struct pollfd files[] = {
            /* poll(2) skips a negative descriptor */
            {.fd = waiting ? -1 : upload.input, .events = POLLIN},
            {.fd = peer, .events = waiting ? POLLIN | POLLOUT : POLLIN},
        };
        if (poll(files, 2, -1) == -1 && errno != EINTR)
            err(1, "poll");

        if (files[1].revents & ~POLLOUT) {
            int more = take_reply(peer);
            if (more < 1)
                return more == 0 && half_closed;
        }
        if (files[1].revents & POLLOUT)
            send_some(peer, &upload);
        if (files[0].revents && !read_some(&upload)) {
            upload.input = -1;
            half_closed = true;
            if (shutdown(peer, SHUT_WR) == -1)
                err(1, "shutdown of the peer's input");
        }
    }
}

/*
 * Write out what peer has sent. Returns 1 if there may be more, 0 at its
 * end of file, and -1 if it left without reading all of ours.
 */
static int take_reply(int peer)
{
    char reply[65536];

    ssize_t length = recv(peer, reply, sizeof reply, MSG_DONTWAIT);
    if (length == 0)
        return 0;
    if (length == -1 && errno == ECONNRESET)
        return -1;
    if (length == -1 && errno != EAGAIN && errno != EINTR)
        err(1, "recv from the peer");
    if (length > 0)
        write_out(reply, length);
    return 1;
}

/* Send what waits, as far as peer has room for it. */
static void send_some(int peer, struct upload *upload)
{
    ssize_t sent =
        send(peer, upload->data + upload->sent,
             upload->length - upload->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        upload->sent += sent;
    else if (errno == EPIPE) { /* it reads no more, but may still send */
        upload->input = -1;
        upload->length = upload->sent;
    } else if (errno != EAGAIN && errno != EINTR)
        err(1, "send to the peer");
}

/* Read what standard input has. Returns false at its end. */
static bool read_some(struct upload *upload)
{
    ssize_t length = read(upload->input, upload->data, sizeof upload->data);
    if (length == -1 && errno != EAGAIN && errno != EINTR)
        err(1, "read standard input");
    upload->sent = 0;
    upload->length = length > 0 ? length : 0;
    return length != 0;
}
