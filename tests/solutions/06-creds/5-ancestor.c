/*
 * 5-ancestor.c - let in a process, and all that descend from it
 *
 *     $ ./ancestor a.sock $$ &
 *     ancestor: listening on a.sock
 *     $ ./peer stream connect a.sock copy
 *     ancestor: pid 452: allowed
 *     Welcome
 *     $ kill %1; rm a.sock
 *
 * The kernel tells who called, and /proc/PID who its parent is now. Left
 * out: a process above the caller may end while we look, or the ancestor
 * before, and its pid be another's.
 *
 * 30 minutes. Read first: "What to believe" of chapter 06.
 */
#define _GNU_SOURCE /* accept4(2), struct ucred */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5; not every libc knows it yet */
#endif

static bool descends_from(pid_t pid, pid_t ancestor);
static pid_t parent_of(pid_t pid);
static bool still_runs(int peer);
static pid_t number_of(const char *pid);
static struct ucred caller_of(int peer);
static void say(int peer, const char *text);
static int listen_at(const char *path);

int main(int argc, char *argv[])
{
    if (argc != 3)
        errx(2, "usage: ancestor PATH PID");
    pid_t ancestor = number_of(argv[2]);
    int listener = listen_at(argv[1]);

    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer == -1)
            err(1, "accept");
        pid_t caller = caller_of(peer).pid;
        /* in this order: who runs still has had its pid all the time */
        bool may = descends_from(caller, ancestor) && still_runs(peer);
        warnx("pid %d: %s", caller, may ? "allowed" : "refused");
        say(peer, may ? "Welcome\n" : "Unauthorized access\n");
        close(peer);
    }
}

/* Whether it is the ancestor, or its parent, or the parent's parent... */
static bool descends_from(pid_t pid, pid_t ancestor)
{
    while (pid != ancestor && pid > 0)
        pid = parent_of(pid);
    return pid > 0;
}

/* The pid of its parent; 0 if there is none, or if it has ended. */
static pid_t parent_of(pid_t pid)
{
    char line[100];
    pid_t parent = 0;

    snprintf(line, sizeof line, "/proc/%d/status", pid);
    FILE *status = fopen(line, "re");
    if (status == NULL)
        return 0;
    /* The name is on a line of its own: in stat, it could be misread. */
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "PPid: %d", &parent) == 1)
            break;
    fclose(status);
    return parent;
}

/* ---- You need not read on. ---- */

/*
 * Whether the process that has connected to peer has not ended yet: the
 * kernel's descriptor of it is readable at its end. Before Linux 6.5 there
 * is none, and we believe it: then a pid may be another's by now.
 */
static bool still_runs(int peer)
{
    int process;
    socklen_t size = sizeof process;

    if (getsockopt(peer, SOL_SOCKET, SO_PEERPIDFD, &process, &size))
        return errno == ENOPROTOOPT; /* else it has ended, and is gone */
    struct pollfd end = {.fd = process, .events = POLLIN};
    int ended = poll(&end, 1, 0);
    close(process);
    return ended == 0;
}

/* The number that is written in pid; what cannot be a pid ends us. */
static pid_t number_of(const char *pid)
{
    pid_t number;
    char more;

    if (sscanf(pid, "%d%c", &number, &more) != 1 || number < 1)
        errx(1, "'%s' is not a pid", pid);
    return number;
}

/* Who is at the other end of peer, or was, when it connected. */
static struct ucred caller_of(int peer)
{
    struct ucred caller;
    socklen_t size = sizeof caller;

    if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &caller, &size))
        err(1, "getsockopt SO_PEERCRED");
    return caller;
}

/* One line has room. Has peer gone, nobody wants to know. */
static void say(int peer, const char *text)
{
    send(peer, text, strlen(text), MSG_NOSIGNAL);
}

/* A listener at path; everybody can connect. */
static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1)
        err(1, "socket");
    umask(0111); /* the socket file has mode 0666 */
    if (bind(listener, (struct sockaddr *)&address, sizeof address))
        err(1, "bind %s", path);
    if (listen(listener, SOMAXCONN))
        err(1, "listen %s", path);
    warnx("listening on %s", path);
    return listener;
}
