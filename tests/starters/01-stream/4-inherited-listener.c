/*
 * 4-inherited-listener.c - serve at a listener that somebody else has made
 *
 *     $ rm -f a.sock; ./activate a.sock ./inherited-listener cat &
 *     inherited-listener: listening on a.sock
 *     $ echo 'Hello, world' | ./client a.sock
 *     Hello, world
 *     $ kill %1
 *
 * activate does what systemd does for its services: it binds and listens,
 * and runs us in its place, with the listener as descriptor 3. LISTEN_FDS
 * in the environment is the number of descriptors from 3 on, LISTEN_PID the
 * process that they are for. So clients can connect before we run, and
 * while we start again. For each of them, we run a command (here cat).
 *
 * 30 minutes. Read first: "What a descriptor is" of chapter 01, getenv(3),
 * and in socket(7) SO_ACCEPTCONN and SO_DOMAIN.
 */
#define _GNU_SOURCE /* accept4(2), and more with -std=c11 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INHERITED = 3 }; /* the first behind the standard streams */

static int take_listener(void);
static int option_of(int file, int option);
static void say_where(int listener);
static void run_for(int peer, char *command[]);

int main(int argc, char *argv[])
{
    if (argc < 2)
        errx(2, "usage: inherited-listener COMMAND [ARG...]");

    int listener = take_listener();
    say_where(listener);

    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer == -1)
            err(1, "accept");
        run_for(peer, argv + 1);
        close(peer);
    }
}

/*
 * The listener that was left to us: exactly one descriptor, for the process
 * that we are, and a stream socket of this machine that listens. Anything
 * else is an error. No command of ours gets it, or reads about it.
 */
static int take_listener(void)
{
    /* TODO: It may be for somebody else, or no listener at all. */
    if (option_of(INHERITED, SO_TYPE) != SOCK_STREAM)
        errx(1, "descriptor %d is no stream socket", INHERITED);
    return INHERITED;
}

/* ---- You need not read on. ---- */

/* What getsockopt(2) says of it; -1 if it is no socket. */
static int option_of(int file, int option)
{
    int value;
    socklen_t size = sizeof value;

    if (getsockopt(file, SOL_SOCKET, option, &value, &size))
        return -1;
    return value;
}

/* Say at which path clients can connect. */
static void say_where(int listener)
{
    struct sockaddr_un address = {0};
    socklen_t size = sizeof address;

    if (getsockname(listener, (struct sockaddr *)&address, &size))
        err(1, "getsockname");
    warnx("listening on %.*s", (int)sizeof address.sun_path,
          address.sun_path); /* one of 108 bytes has no NUL */
}

/* Run command, with peer as standard input and output, until it ends. */
static void run_for(int peer, char *command[])
{
    pid_t child = fork();
    if (child == -1) {
        warn("fork for a client");
        return;
    }
    if (child == 0) {
        if (dup2(peer, STDIN_FILENO) == -1 ||
            dup2(peer, STDOUT_FILENO) == -1)
            err(1, "dup2");
        execvp(command[0], command);
        err(127, "exec %s", command[0]);
    }
    while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
        continue;
}
