/*
 * pair.c - two connected sockets, two processes, a word each way
 *
 *     $ ./pair
 *     C2P-->In Xanadu, did Kublai Khan...
 *     P2C-->A stately pleasure dome decree...
 *
 * 1. socketpair   2. fork: each process closes the end it does not use
 * 3. the child speaks and half-closes, the parent listens and answers
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
    fprintf(status == 0 ? stdout : stderr, "usage: pair\n");
    exit(status);
}

static const char question[] = "In Xanadu, did Kublai Khan...";
static const char answer[] = "A stately pleasure dome decree...";

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

int main(int argc, char *argv[])
{
    open_standard_streams();
    for (int option; (option = getopt(argc, argv, "+h")) != -1;)
        usage(option == 'h' ? 0 : 2);
    if (argc != optind)
        usage(2);

    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    pid_t pid = fork();
    if (pid == -1)
        err(1, "fork");
    if (pid == 0) {
        close(ends[0]); /* a copy would keep it open, if the parent died */
        be_child(ends[1]);
        return 0;
    }
    close(ends[1]);
    be_parent(ends[0]);

    int status;
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            err(1, "waitpid");
    return status == 0 ? 0 : 1; /* a child that failed has said why */
}
