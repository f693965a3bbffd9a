/*
 * 3-own-the-path.c - an echo server that decides about what is at its path
 *
 *     $ rm -f a.sock; ./peer stream bind a.sock
 *     $ ls -l a.sock
 *     srwxr-xr-x ... a.sock
 *     $ ./own-the-path a.sock &
 *     own-the-path: listening on a.sock
 *     $ echo 'Hello, world' | ./client a.sock
 *     Hello, world
 *     $ kill %1
 *
 * peer ended, and left its socket: this goes. What belongs to somebody else
 * stays as it was: a file, a link, a socket where a server lives. Then
 * bind(2) refuses the path, and so do we.
 *
 * 30 minutes. Read first: "One server owns a path" of chapter 01. It has
 * the answer: close it, and write this without looking.
 */
#define _GNU_SOURCE /* flock(2) and sigset_t, with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void remove_if_dead(const struct sockaddr_un *address);
static struct sockaddr_un address_of(const char *path);
static void lock_path_of(const struct sockaddr_un *address);
static int listen_on(const struct sockaddr_un *address);
static void remove_at_end(const struct sockaddr_un *address);
static void echo(int peer);

int main(int argc, char *argv[])
{
    if (argc != 2)
        errx(2, "usage: own-the-path PATH");
    struct sockaddr_un address = address_of(argv[1]);

    lock_path_of(&address); /* no other server of ours asks meanwhile */
    remove_if_dead(&address);
    int listener = listen_on(&address);
    remove_at_end(&address);
    warnx("listening on %s", address.sun_path);

    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer == -1)
            err(1, "accept");
        echo(peer);
        close(peer);
    }
}

/* Remove the socket of a server that has ended; leave anything else. */
static void remove_if_dead(const struct sockaddr_un *address)
{
    /* TODO: What is at the path? Leave it, unless a dead server did. */
    (void)address;
}

/* ---- You need not read on. ---- */

/* The address of path; one that is not 1 to 107 bytes long ends us. */
static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path), most = sizeof address.sun_path - 1;

    if (length < 1 || length > most)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             most);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    return address;
}

/* Lock PATH.lock, as long as we live, or end. The file stays. */
static void lock_path_of(const struct sockaddr_un *address)
{
    char name[sizeof address->sun_path + sizeof ".lock"];

    snprintf(name, sizeof name, "%s.lock", address->sun_path);
    int lock = open(name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (lock == -1)
        err(1, "open %s", name);
    if (flock(lock, LOCK_EX | LOCK_NB) == -1) {
        if (errno != EWOULDBLOCK)
            err(1, "flock %s", name);
        errno = EADDRINUSE; /* by the server that holds the lock */
        err(1, "bind %s", address->sun_path);
    }
}

/* SIG_BLOCK holds all signals back, SIG_UNBLOCK lets them in. */
static void hold_signals(int how)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(how, &all, NULL);
}

/* A listener; signals wait until its file is sure to be removed. */
static int listen_on(const struct sockaddr_un *address)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");
    hold_signals(SIG_BLOCK);
    if (bind(listener, (const struct sockaddr *)address, sizeof *address))
        err(1, "bind %s", address->sun_path);
    if (listen(listener, SOMAXCONN))
        err(1, "listen %s", address->sun_path);
    return listener;
}

static const char *own_path; /* the file that bind made, */
static struct stat own_file; /* which the signal handler removes */

static void remove_own_and_exit(int signal_number)
{
    struct stat file;

    (void)signal_number;
    if (lstat(own_path, &file) == 0 && file.st_ino == own_file.st_ino &&
        file.st_dev == own_file.st_dev) /* else it is somebody else's */
        unlink(own_path);
    _exit(0);
}

/* From now on SIGINT, SIGTERM and SIGHUP end us in order, with status 0. */
static void remove_at_end(const struct sockaddr_un *address)
{
    own_path = address->sun_path;
    if (lstat(own_path, &own_file))
        err(1, "lstat %s", own_path);
    signal(SIGINT, remove_own_and_exit);
    signal(SIGTERM, remove_own_and_exit);
    signal(SIGHUP, remove_own_and_exit);
    hold_signals(SIG_UNBLOCK);
}

/* Send peer its own bytes back, until its end of file or an error. */
static void echo(int peer)
{
    char buffer[65536];

    for (;;) {
        ssize_t length = recv(peer, buffer, sizeof buffer, 0);
        if (length < 1)
            return; /* 0: its end of file; -1: it has gone */
        for (ssize_t sent = 0, more; sent < length; sent += more)
            if ((more = send(peer, buffer + sent, length - sent,
                             MSG_NOSIGNAL)) == -1)
                return;
    }
}
