/*
 * 4-roles.c - keep a text that one user may update, and others may view
 *
 *     $ ./roles a.sock 0 1000 1001 &
 *     roles: listening on a.sock
 *     $ ./peer seqpacket connect a.sock send view receive
 *     roles: uid 1000: view: allowed
 *     nothing yet
 *     $ ./peer seqpacket connect a.sock send 'update hello' receive
 *     roles: uid 1000: update hello: refused
 *     not allowed
 *     $ kill %1; rm a.sock
 *
 * The first uid may update and view, the others may only view. A caller may
 * send many commands, each as a record (lesson 03).
 *
 * 20 minutes. Read first: "What else it could do" of chapter 06.
 */
#define _GNU_SOURCE /* accept4(2), struct ucred */
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    UNMAPPED = 65534, /* stands for any uid of another namespace */
    MOST_VIEWERS = 100,
    MOST_CALLERS = 100, /* at once */
    MOST_BYTES = 200,   /* of a command */
};

enum command { VIEW, UPDATE, UNKNOWN };

struct roles {
    uid_t updater, viewers[MOST_VIEWERS];
    int viewer_count;
};

static bool may(int peer, enum command command, const struct roles *roles);
static bool obey(int peer, const struct roles *roles, char *text);
static enum command command_of(const char *request);
static void add(struct pollfd *callers, int peer);
static struct roles roles_of(int count, char *users[]);
static struct ucred caller_of(int peer);
static int listen_at(const char *path);

int main(int argc, char *argv[])
{
    if (argc < 3)
        errx(2, "usage: roles PATH UPDATER [VIEWER...]");
    struct roles roles = roles_of(argc - 2, argv + 2);
    char text[MOST_BYTES] = "nothing yet";
    struct pollfd listener = {.fd = listen_at(argv[1]), .events = POLLIN};
    struct pollfd all[1 + MOST_CALLERS] = {listener}, *callers = all + 1;

    for (int i = 0; i < MOST_CALLERS; i++)
        callers[i].fd = -1; /* poll(2) passes over it */
    while (poll(all, 1 + MOST_CALLERS, -1) > 0) {
        for (int i = 0; i < MOST_CALLERS; i++)
            if (callers[i].revents && !obey(callers[i].fd, &roles, text)) {
                close(callers[i].fd);
                callers[i].fd = -1;
            }
        if (all[0].revents)
            add(callers, accept4(all[0].fd, NULL, NULL, SOCK_CLOEXEC));
    }
    err(1, "poll");
}

/* Whether the user who is connected to peer may give this command. */
static bool may(int peer, enum command command, const struct roles *roles)
{
    /* TODO: who is it, and what may they do? caller_of() asks. */
    (void)peer, (void)command, (void)roles;
    return false;
}

/* ---- You need not read on. ---- */

/* Do what peer asks for next; false if it has gone, or does not read. */
static bool obey(int peer, const struct roles *roles, char *text)
{
    char request[MOST_BYTES];
    const char *answer = "unknown command";
    ssize_t length = recv(peer, request, sizeof request - 1, MSG_TRUNC);

    if (length < 1 || length >= (ssize_t)sizeof request)
        return false; /* gone, or more than fits */
    request[length] = '\0';
    enum command command = command_of(request);
    if (command != UNKNOWN) {
        bool allowed = may(peer, command, roles);
        warnx("uid %u: %s: %s", caller_of(peer).uid, request,
              allowed ? "allowed" : "refused");
        if (allowed && command == UPDATE)
            memcpy(text, request + 7, length - 6); /* and the NUL */
        answer = allowed ? text : "not allowed";
    }
    return send(peer, answer, strlen(answer),
                MSG_NOSIGNAL | MSG_DONTWAIT) != -1;
}

static enum command command_of(const char *request)
{
    if (strcmp(request, "view") == 0)
        return VIEW;
    if (strncmp(request, "update ", 7) == 0 && request[7] != '\0')
        return UPDATE;
    return UNKNOWN;
}

/* Find a place for peer, if there is one. */
static void add(struct pollfd *callers, int peer)
{
    if (peer == -1)
        err(1, "accept");
    for (int i = 0; i < MOST_CALLERS; i++)
        if (callers[i].fd == -1) {
            callers[i] = (struct pollfd){.fd = peer, .events = POLLIN};
            return;
        }
    close(peer);
}

/* The users, which are numbers: the updater, and then the viewers. */
static struct roles roles_of(int count, char *users[])
{
    struct roles roles = {.viewer_count = count - 1};
    char more;

    if (roles.viewer_count > MOST_VIEWERS)
        errx(1, "more than %d viewers", MOST_VIEWERS);
    for (int i = 0; i < count; i++) {
        uid_t *uid = i == 0 ? &roles.updater : &roles.viewers[i - 1];
        if (sscanf(users[i], "%u%c", uid, &more) != 1 || *uid == UNMAPPED)
            errx(1, "user '%s' is not a number that one user has",
                 users[i]);
    }
    return roles;
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

/* A listener at path; everybody can connect. */
static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
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
