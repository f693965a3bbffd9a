/*
 * coprocess.c - run a command with both its ends on one socket
 *
 *     $ printf 'pear\napple\n' | ./coprocess sort
 *     apple
 *     pear
 *
 * 1. socketpair   2. fork; the child makes one end its standard input and
 * output, and runs the command   3. the parent passes its own standard
 * input and output through the other end   4. end as the command did
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
    fprintf(status == 0 ? stdout : stderr,
            "usage: coprocess COMMAND [ARG...]\n");
    exit(status);
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
    for (int option; (option = getopt(argc, argv, "+h")) != -1;)
        usage(option == 'h' ? 0 : 2);
    if (argc == optind)
        usage(2);

    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    pid_t pid = fork();
    if (pid == -1)
        err(1, "fork");
    if (pid == 0)
        run(ends[1], argv + optind);
    close(ends[1]); /* else the end of file would never come */

    converse(ends[0]); /* a command may end before it has read everything */
    close(ends[0]);

    int status;
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            err(1, "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                               : WEXITSTATUS(status);
}
