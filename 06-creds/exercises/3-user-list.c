/*
 * 3-user-list.c - let in the users on a list, and nobody else
 *
 *     $ ./user-list a.sock daemon 1000 &
 *     user-list: listening on a.sock
 *     $ ./peer stream connect a.sock copy
 *     user-list: pid 452 uid 1000: allowed, on the list
 *     Welcome
 *     $ kill %1; rm a.sock
 *
 * A user is given by name or by number. Root comes in if it is on the list.
 *
 * 25 minutes. Read first: "Root is no exception" of chapter 06.
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

enum {
    UNMAPPED = 65534, /* stands for any uid of another namespace */
    MOST_USERS = 100,
};

struct list {
    size_t count;
    uid_t users[MOST_USERS];
};

static uid_t uid_of(const char *user);
static bool is_on_list(uid_t uid, const struct list *list);
static struct list list_of(char *users[]);
static struct ucred caller_of(int peer);
static void say(int peer, const char *text);
static int listen_at(const char *path);

int main(int argc, char *argv[])
{
    if (argc < 2)
        errx(2, "usage: user-list PATH [USER...]");
    struct list list = list_of(argv + 2);
    int listener = listen_at(argv[1]);

    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer == -1)
            err(1, "accept");
        struct ucred caller = caller_of(peer);
        bool may = caller.uid != UNMAPPED && is_on_list(caller.uid, &list);
        warnx("pid %d uid %u: %s", caller.pid, caller.uid,
              may ? "allowed, on the list" : "refused, not on the list");
        say(peer, may ? "Welcome\n" : "Unauthorized access\n");
        close(peer);
    }
}

/* The uid of a user, given by name or by number; any other ends us. */
static uid_t uid_of(const char *user)
{
    /* TODO: find out the uid. A name is looked up with getpwnam(3). */
    errx(1, "user '%s' does not exist", user);
}

static bool is_on_list(uid_t uid, const struct list *list)
{
    /* TODO: is it one of the list? */
    (void)uid, (void)list;
    return false;
}

/* ---- You need not read on. ---- */

/* The uids of these users. */
static struct list list_of(char *users[])
{
    struct list list = {0};

    for (; users[list.count] != NULL; list.count++) {
        if (list.count == MOST_USERS)
            errx(1, "more than %d users", MOST_USERS);
        list.users[list.count] = uid_of(users[list.count]);
    }
    return list;
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
