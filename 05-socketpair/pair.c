/*
 * pair.c - two connected sockets, two processes, a word each way
 *
 *     $ ./pair
 *     C2P-->In Xanadu, did Kublai Khan...
 *     P2C-->A stately pleasure dome decree...
 *
 * First the lesson: main to print_all. Left out: a text of more than 127
 * bytes, and a second question.
 */
#define _GNU_SOURCE /* dprintf(3), with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] = "usage: pair\n";
static const char question[] = "In Xanadu, did Kublai Khan...";
static const char answer[] = "A stately pleasure dome decree...";

static void be_child(int parent);
static void be_parent(int child);
static void say(int peer, const char *text);
static void print_all(int peer, const char *label);

/* below the line */
static void open_standard_streams(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static int send_all(int peer, const char *data, size_t length);
static int wait_for(pid_t child);

int main(int argc, char *argv[])
{
    open_standard_streams();
    no_options(argc, argv);
    operands(argc, argv, 0, 0);

    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(ends[0]); /* a copy would keep it open, if the parent died */
        be_child(ends[1]);
        return 0;
    }
    close(ends[1]); /* a copy would hide it, if the child died */
    be_parent(ends[0]);
    return wait_for(child) == 0 ? 0 : 1; /* a child that failed said why */
}

static void be_child(int parent)
{
    say(parent, question);
    print_all(parent, "P2C-->");
}

static void be_parent(int child)
{
    print_all(child, "C2P-->");
    say(child, answer);
}

/* Say text to peer, and by the half-close that it is complete. */
static void say(int peer, const char *text)
{
    if (send_all(peer, text, strlen(text)) == -1)
        err(1, "send to the peer");
    if (shutdown(peer, SHUT_WR) == -1)
        err(1, "shutdown of the peer's input");
}

/*
 * Print all that peer says, behind label. A stream has no messages: only
 * the end of file tells that the text is complete. dprintf(3) keeps nothing
 * in a buffer, so the line is out before the answer is.
 */
static void print_all(int peer, const char *label)
{
    char text[128];
    size_t length = 0;

    for (;;) {
        ssize_t got = recv(peer, text + length, sizeof text - length, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            err(1, "recv from the peer");
        if (got == 0)
            break;
        length += got;
        if (length == sizeof text)
            errx(1, "recv from the peer: longer than %zu bytes",
                 sizeof text - 1);
    }
    if (dprintf(STDOUT_FILENO, "%s%.*s\n", label, (int)length, text) < 0)
        err(1, "write standard output");
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
