/*
 * 1-wrong-descriptor.c - tell each caller who it is, as the kernel knows it
 *
 *     $ ./wrong-descriptor a.sock &
 *     wrong-descriptor: listening on a.sock
 *     $ ./peer stream connect a.sock copy
 *     you are uid 1000, gid 1000, pid 452
 *     $ kill %1; rm a.sock
 *
 * Each number comes from the kernel: the caller sends nothing.
 *
 * 10 minutes. Read first: "The calls" of chapter 06.
 */
#define _GNU_SOURCE /* accept4(2), struct ucred */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(int peer, const struct ucred *caller);
static int listen_at(const char *path);

int main(int argc, char *argv[])
{
    if (argc != 2)
        errx(2, "usage: wrong-descriptor PATH");
    int listener = listen_at(argv[1]);

    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer == -1)
            err(1, "accept");

        struct ucred caller = {0};
        /* TODO: find out who the caller is: getsockopt(2), SO_PEERCRED. */

        tell(peer, &caller);
        close(peer);
    }
}

/* ---- You need not read on. ---- */

/* Tell peer who the caller is. Has it gone, nobody wants to know. */
static void tell(int peer, const struct ucred *caller)
{
    char line[100];

    snprintf(line, sizeof line, "you are uid %u, gid %u, pid %d\n",
             caller->uid, caller->gid, caller->pid);
    send(peer, line, strlen(line), MSG_NOSIGNAL); /* one line has room */
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
