/*
 * server.c - write what clients send to standard output, one after another
 *
 *     $ ./server 抽象名前空間 > b &
 *     server: listening on @抽象名前空間
 *     $ ./client 抽象名前空間 < a
 *     $ cmp a b
 *
 * First the lesson: main to copy_from. Left out: serving two at a time. One
 * client that stays, even idle, keeps all others waiting. Nor does anything
 * ask who took the name: abstract names have no permissions.
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

static const char usage[] = "usage: server NAME\n";

static int listen_on(const char *name);
static struct sockaddr_un address_of(const char *name, socklen_t *size);
static void copy_from(int peer);
static void take(int peer, size_t length);

/* below the line */
static void open_standard_streams(void);
static void survive_lost_log(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static void end_in_order(void);
static void refuse_descriptors(int socket);
static int accept_from(int listener);
static void write_out(const char *data, size_t length);

int main(int argc, char *argv[])
{
    open_standard_streams();
    survive_lost_log();
    no_options(argc, argv);
    char **operand = operands(argc, argv, 1, 1);

    int listener = listen_on(operand[0]);
    end_in_order(); /* there is no file to remove */
    warnx("listening on @%s", operand[0]);

    for (;;) {
        int peer = accept_from(listener);
        copy_from(peer);
        close(peer);
    }
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
    refuse_descriptors(listener); /* its clients' sockets inherit this */
    if (bind(listener, (const struct sockaddr *)&address, size))
        err(1, "bind @%s", name);
    if (listen(listener, SOMAXCONN))
        err(1, "listen @%s", name);
    return listener;
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

/*
 * Write what peer sends to standard output, until its end of file. We look
 * first (MSG_PEEK), and take it when it is written. So if we cannot write,
 * we end with something unread, and peer gets ECONNRESET: an end of file
 * tells it that all was written.
 */
static void copy_from(int peer)
{
    char buffer[65536];

    for (;;) {
        ssize_t length = recv(peer, buffer, sizeof buffer, MSG_PEEK);
        if (length == -1 && errno == EINTR)
            continue;
        if (length == -1)
            warn("recv from a client");
        if (length < 1)
            return;
        write_out(buffer, length);
        take(peer, length);
    }
}

/* Take length bytes, which we have seen, from what peer has sent. */
static void take(int peer, size_t length)
{
    char buffer[65536];

    while (length > 0) {
        ssize_t taken = recv(peer, buffer, length, 0);
        if (taken == -1 && errno == EINTR)
            continue;
        if (taken < 1)
            err(1, "recv from a client");
        length -= taken;
    }
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

/* A log whose reader has gone is lost; it does not end us by SIGPIPE. */
static void survive_lost_log(void)
{
    signal(SIGPIPE, SIG_IGN);
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

/* What asks us to end calls handler; SIGHUP does not under nohup(1). */
static void catch_endings(void (*handler)(int))
{
    signal(SIGINT, handler);
    signal(SIGTERM, handler);
    if (signal(SIGHUP, handler) == SIG_IGN)
        signal(SIGHUP, SIG_IGN);
}

static void exit_in_order(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

/* From now on SIGINT, SIGTERM and SIGHUP end us with status 0. */
static void end_in_order(void)
{
    catch_endings(exit_in_order);
}

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* newer than these headers: Linux 6.16 */
#endif

/*
 * Refuse the descriptors that a client may pass. recv(2) would close them,
 * and wait as long as that takes: a TCP socket can make it long. An older
 * kernel has no such option; there, one client can make all others wait.
 */
static void refuse_descriptors(int socket)
{
    int no = 0;

    setsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no);
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
