/*
 * 2-filter.c - send standard input through a command, print what comes
 *
 *     $ printf 'pear\napple\n' | ./filter sort
 *     apple
 *     pear
 *     $ seq 500000 | ./filter cat | tail -n 1
 *     500000
 *
 * The command has both its standard input and its output on one end of a
 * pair. The whole input is in memory before it is sent, up to 8 MiB. The
 * exit status is the command's.
 *
 * 30 minutes. Read first: "It works, but not with more data" of chapter 05.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC, with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char data[8 << 20]; /* as much of the input as we send */

static pid_t start(char *command[], int *peer);
static void converse(int peer, size_t size);
static size_t send_some(int peer, const char *rest, size_t size);
static int print_some(int peer);
static size_t read_input(void);
static int wait_for(pid_t child);

int main(int argc, char *argv[])
{
    int peer;

    if (argc < 2)
        errx(2, "usage: filter COMMAND [ARG...]");
    size_t size = read_input();
    alarm(5); /* until it is solved: a hang ends, by SIGALRM */
    pid_t child = start(argv + 1, &peer);
    converse(peer, size);
    close(peer);
    return wait_for(child);
}

/* Send so many bytes of data to peer, and print all that it says. */
static void converse(int peer, size_t size)
{
    size_t sent = 0;

    /*
     * TODO: a command may answer before it has everything, and read no
     * more if nobody takes the answer. Send and print at the same time, and
     * wait only where there is nothing to do.
     */
    while (sent < size)
        sent += send_some(peer, data + sent, size - sent);
    shutdown(peer, SHUT_WR);
    while (print_some(peer))
        ;
}

/* ---- You need not read on. ---- */

/*
 * Send what peer has room for; returns how many bytes that were, which may
 * be 0. If peer reads no more, the rest counts as sent.
 */
static size_t send_some(int peer, const char *rest, size_t size)
{
    ssize_t sent = send(peer, rest, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        return sent;
    if (errno == EPIPE || errno == ECONNRESET)
        return size;
    if (errno != EAGAIN && errno != EINTR)
        err(1, "send");
    return 0;
}

/* Wait for what peer says, and print it. Returns 0 at its end, else 1. */
static int print_some(int peer)
{
    char reply[65536];

    ssize_t length = recv(peer, reply, sizeof reply, 0);
    if (length == 0 || (length == -1 && errno == ECONNRESET))
        return 0; /* reset: it has ended, and not read everything */
    if (length == -1 && errno != EAGAIN && errno != EINTR)
        err(1, "recv");
    if (length > 0 && (fwrite(reply, 1, length, stdout) < (size_t)length ||
                       fflush(stdout) == EOF))
        err(1, "write standard output");
    return 1;
}

/* What standard input has, as much as fits; returns its size in bytes. */
static size_t read_input(void)
{
    size_t size = fread(data, 1, sizeof data, stdin);

    if (ferror(stdin))
        err(1, "read standard input");
    return size;
}

/* Start command, with its standard input and output on a peer of ours. */
static pid_t start(char *command[], int *peer)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        if (dup2(ends[1], STDIN_FILENO) == -1 ||
            dup2(ends[1], STDOUT_FILENO) == -1)
            err(126, "dup2");
        execvp(command[0], command);
        err(errno == ENOENT ? 127 : 126, "exec %s", command[0]);
    }
    close(ends[1]); /* else the end of file would never come */
    *peer = ends[0];
    return child;
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
