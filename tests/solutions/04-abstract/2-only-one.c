/*
 * 2-only-one.c - run a command, unless another copy of us runs one already
 *
 *     $ ./only-one backup.$$ sleep 60 &
 *     $ ./only-one backup.$$ echo me, too
 *     only-one: @backup.452 is already running
 *
 * The abstract name is the lock. A file as a lock stays behind when its
 * owner is killed; a name does not. Left out: who kills only-one leaves its
 * command running; and any user can take the name first.
 *
 * 25 minutes. Read first: "bind: Address already in use" and the part
 * behind it, in chapter 04.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void hold(const char *name);
static int run(char *command[]);
static struct sockaddr_un address_of(const char *name, socklen_t *size);

int main(int argc, char *argv[])
{
    if (argc < 3)
        errx(2, "usage: only-one NAME COMMAND [ARG...]");
    hold(argv[1]);
    return run(argv + 2);
}

/* Take the abstract name until we end; somebody else who has it ends us. */
static void hold(const char *name)
{
    socklen_t size;
    struct sockaddr_un address = address_of(name, &size);
    /* SOCK_CLOEXEC: no command keeps the name, nor what it leaves behind */
    int holder = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (holder == -1)
        err(1, "socket");
    if (bind(holder, (const struct sockaddr *)&address, size) == 0)
        return; /* holder stays open: who closes it gives the name back */
    if (errno == EADDRINUSE)
        errx(1, "@%s is already running", name);
    err(1, "bind @%s", name);
}

/* ---- You need not read on. ---- */

/* Run the command in a child, to its end. Returns its exit status. */
static int run(char *command[])
{
    int status;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the status away */
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        execvp(command[0], command);
        err(errno == ENOENT ? 127 : 126, "exec %s", command[0]);
    }
    while (waitpid(child, &status, 0) == -1)
        if (errno != EINTR)
            err(1, "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                               : WEXITSTATUS(status);
}

/* The abstract address of name, and in size how many bytes of it count. */
static struct sockaddr_un address_of(const char *name, socklen_t *size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name), most = sizeof address.sun_path - 1;

    if (length < 1 || length > most)
        errx(1, "name '%s' has %zu bytes, 1 to %zu fit", name, length,
             most);
    memcpy(address.sun_path + 1, name, length); /* after a NUL */
    *size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    return address;
}
