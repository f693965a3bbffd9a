/*
 * 2-supplementary-groups.c - let in the members of a group, and nobody else
 *
 *     $ id -G
 *     1000 27 100
 *     $ ./supplementary-groups a.sock 100 &
 *     supplementary-groups: listening on a.sock
 *     $ ./peer stream connect a.sock copy
 *     supplementary-groups: groups of pid 452: 1000 27 100
 *     Welcome
 *     $ kill %1; rm a.sock
 *
 * GROUP is a number. A member may have it as its effective group or as a
 * supplementary one. The groups are those of the calling process.
 *
 * 25 minutes. Read first: "I am in the group, and it says: in none of the
 * groups" of chapter 06.
 */
#define _GNU_SOURCE /* accept4(2), struct ucred */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { UNMAPPED = 65534 }; /* stands for any gid of another namespace */

static gid_t *groups_of(int peer, gid_t effective, size_t *count);
static bool is_among(gid_t gid, const gid_t *groups, size_t count);
static gid_t number_of(const char *group);
static struct ucred caller_of(int peer);
static void log_groups(pid_t pid, const gid_t *groups, size_t count);
static void say(int peer, const char *text);
static int listen_at(const char *path);

int main(int argc, char *argv[])
{
    if (argc != 3)
        errx(2, "usage: supplementary-groups PATH GROUP");
    gid_t group = number_of(argv[2]);
    int listener = listen_at(argv[1]);

    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer == -1)
            err(1, "accept");
        size_t count;
        struct ucred caller = caller_of(peer);
        gid_t *groups = groups_of(peer, caller.gid, &count);
        log_groups(caller.pid, groups, count);
        say(peer, is_among(group, groups, count) ? "Welcome\n"
                                                 : "Unauthorized access\n");
        free(groups);
        close(peer);
    }
}

/*
 * All groups of the process that is connected to peer: the effective one,
 * which is given, and the supplementary ones. Sets count, returns an array
 * from malloc(3).
 */
static gid_t *groups_of(int peer, gid_t effective, size_t *count)
{
    /* TODO: the effective group, and all others: SO_PEERGROUPS. */
    (void)peer, (void)effective;
    *count = 0;
    return NULL;
}

/* ---- You need not read on. ---- */

static bool is_among(gid_t gid, const gid_t *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (groups[i] == gid && gid != UNMAPPED)
            return true;
    return false;
}

/* The gid that is written in group; what is no number ends us. */
static gid_t number_of(const char *group)
{
    gid_t gid;
    char more;

    if (sscanf(group, "%u%c", &gid, &more) != 1)
        errx(1, "group '%s' is not a number", group);
    return gid;
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

static void log_groups(pid_t pid, const gid_t *groups, size_t count)
{
    fprintf(stderr, "supplementary-groups: groups of pid %d:", pid);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, " %u", groups[i]);
    fputc('\n', stderr);
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
