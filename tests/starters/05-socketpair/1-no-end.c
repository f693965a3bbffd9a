/*
 * 1-no-end.c - deal numbers to children, which add up what they get
 *
 *     $ seq 6 | ./no-end 2
 *     child 1: 3 lines, sum 9
 *     child 2: 3 lines, sum 12
 *
 * Each child has a pair of its own, and reads until the end of file. The
 * parent deals the lines of its input in turn. At the end of the input it
 * closes child 1's pair and waits for child 1, and then goes on with child
 * 2. No process executes another program.
 *
 * 25 minutes. Read first: "The calls" and "It fails first" of chapter 05.
 */
#define _GNU_SOURCE /* dprintf(3), with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 16 };

static struct child {
    pid_t pid;
    int end; /* what we send into, it receives */
} children[MOST];

static void start(int number);
static void add_up(int parent, int number);
static void deal(int count);
static int finish(struct child *child);

int main(int argc, char *argv[])
{
    int count = argc == 2 ? atoi(argv[1]) : 0;
    if (count < 1 || count > MOST)
        errx(2, "usage: no-end CHILDREN, 1 to %d", MOST);
    alarm(4); /* until it is solved: a hang ends, by SIGALRM */
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    for (int i = 0; i < count; i++)
        start(i);
    deal(count);
    int failed = 0;
    for (int i = 0; i < count; i++)
        if (finish(&children[i]) != 0)
            failed = 1; /* it said why */
    return failed;
}

/* Start a child; those before it, children[0] to [number - 1], run. */
static void start(int number)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
        err(1, "socketpair");
    /*
     * TODO: after fork(2), each process has a copy of each descriptor.
     * Close those that it does not need, in the child and in the parent.
     */
    pid_t pid = fork();
    if (pid == -1)
        err(1, "fork");
    if (pid == 0) {
        add_up(ends[1], number);
        exit(0);
    }
    children[number] = (struct child){.pid = pid, .end = ends[0]};
}

/* ---- You need not read on. ---- */

/* The child: print the sum of what the parent sends, at its end. */
static void add_up(int parent, int number)
{
    FILE *numbers = fdopen(parent, "r");
    char line[64];
    long long lines = 0, sum = 0;

    alarm(4); /* the parent's alarm is not inherited */
    if (numbers == NULL)
        err(1, "fdopen");
    for (; fgets(line, sizeof line, numbers); lines++) {
        char *rest;
        sum += strtol(line, &rest, 10);
        if (rest == line || *rest != '\n')
            errx(1, "child %d: this is no number: %.*s", number + 1,
                 (int)strcspn(line, "\n"), line);
    }
    if (ferror(numbers))
        err(1, "child %d: read", number + 1);
    fclose(numbers);
    if (dprintf(STDOUT_FILENO, "child %d: %lld lines, sum %lld\n",
                number + 1, lines, sum) < 0)
        err(1, "write standard output");
}

/* Send each line of the input to the next child. */
static void deal(int count)
{
    char line[64];

    for (int next = 0; fgets(line, sizeof line, stdin);
         next = (next + 1) % count) {
        const char *rest = line;
        size_t size = strlen(line);
        while (size > 0) {
            ssize_t sent =
                send(children[next].end, rest, size, MSG_NOSIGNAL);
            if (sent >= 0) {
                rest += sent;
                size -= sent;
            } else if (errno == EPIPE || errno == ECONNRESET)
                break; /* it has ended: finish sees how */
            else if (errno != EINTR)
                err(1, "send");
        }
    }
    if (ferror(stdin))
        err(1, "read standard input");
}

/* Tell a child that this was all, and wait for it; returns its status. */
static int finish(struct child *child)
{
    int status;

    close(child->end);
    while (waitpid(child->pid, &status, 0) == -1)
        if (errno != EINTR)
            err(1, "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                               : WEXITSTATUS(status);
}
