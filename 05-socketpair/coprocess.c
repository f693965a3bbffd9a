/*
 * coprocess.c - run a command with both its ends on one socket
 *
 *     $ printf 'pear\napple\n' | ./coprocess sort
 *     apple
 *     pear
 *
 * First the lesson: main and run. converse is lesson 01's. Left out: a
 * terminal for the command; passing on the signals that we get.
 */
#define _GNU_SOURCE /* syscall(2), and getopt(3) with -std=c11 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] = "usage: coprocess COMMAND [ARG...]\n";

static void run(int peer, char *command[]);

/* below the line */
static void open_standard_streams(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static void write_out(const char *data, size_t length);
static bool converse(int peer);
static int wait_for(pid_t child);

int main(int argc, char *argv[])
{
    open_standard_streams();
    no_options(argc, argv);
    char **command = operands(argc, argv, 1, argc);

    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0)
        run(ends[1], command);
    close(ends[1]); /* else the end of file would never come */

    converse(ends[0]); /* a command may end before it has read everything */
    close(ends[0]);
    return wait_for(child);
}

/* Become command, with its standard input and output on peer. */
static void run(int peer, char *command[])
{
    if (dup2(peer, STDIN_FILENO) == -1 || dup2(peer, STDOUT_FILENO) == -1)
        err(126, "dup2");
    /*
     * What else we were started with is not its business. Before Linux 5.9
     * this call does not exist, and the command inherits it.
     */
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
    execvp(command[0], command);
    err(errno == ENOENT ? 127 : 126, "exec %s", command[0]);
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

/* Wait for child's end: its status, or 128 and the number of a signal. */
static int wait_for(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) == -1)
        if (errno != EINTR)
            err(1, "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                               : WEXITSTATUS(status);
}
