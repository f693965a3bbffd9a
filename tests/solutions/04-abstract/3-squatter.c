/*
 * 3-squatter.c - send a secret, but only to a server of the right user
 *
 *     $ ./server vault.$$ >stolen &
 *     $ echo 'my password' | ./squatter vault.$$
 *     $ echo 'my password' | ./squatter vault.$$ root
 *     squatter: @vault.452 belongs to uid 1000, not 0: nothing is sent
 *     $ cat stolen
 *     my password
 *     $ kill $!
 *
 * Anybody may take an abstract name first: a squatter. USER is whose server
 * we want, as a name or a number; it is us, if it is left out. As root,
 * take another user than root, for example daemon. Left out: a server that
 * was started by the right user, and is no good all the same.
 *
 * 15 minutes. Read first: "Somebody else has the name" in chapter 04, and
 * name_server in 06-creds/client.c, which asks what you need.
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static uid_t uid_of(const char *user);
static int connect_to(const char *name);
static void check_owner(int server, const char *name, uid_t expected);
static void send_input(int server);

int main(int argc, char *argv[])
{
    if (argc != 2 && argc != 3)
        errx(2, "usage: squatter NAME [USER]");
    uid_t expected = argc == 3 ? uid_of(argv[2]) : getuid();
    int server = connect_to(argv[1]);
    check_owner(server, argv[1], expected);
    send_input(server);
    return 0;
}

/* A server at name that another user than the expected one runs ends us. */
static void check_owner(int server, const char *name, uid_t expected)
{
    struct ucred owner; /* as it was when the server called listen(2) */
    socklen_t size = sizeof owner;

    if (getsockopt(server, SOL_SOCKET, SO_PEERCRED, &owner, &size))
        err(1, "getsockopt SO_PEERCRED");
    if (owner.uid != expected)
        errx(1, "@%s belongs to uid %u, not %u: nothing is sent", name,
             owner.uid, expected);
}

/* ---- You need not read on. ---- */

/* The uid of user, who is a name or a number; another word ends us. */
static uid_t uid_of(const char *user)
{
    const struct passwd *entry = getpwnam(user);
    char *end;

    if (entry != NULL)
        return entry->pw_uid;
    errno = 0;
    unsigned long number = strtoul(user, &end, 10);
    if (user[0] < '0' || user[0] > '9' || *end != '\0' || errno != 0 ||
        number >= UINT32_MAX)
        errx(1, "user %s: there is none of this name", user);
    return number;
}

/* A socket that is connected to the server with the abstract name. */
static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name), most = sizeof address.sun_path - 1;

    if (length < 1 || length > most)
        errx(1, "name '%s' has %zu bytes, 1 to %zu fit", name, length,
             most);
    memcpy(address.sun_path + 1, name, length); /* after a NUL */
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (server == -1)
        err(1, "socket");
    if (connect(server, (const struct sockaddr *)&address, size))
        err(1, "connect @%s", name);
    return server;
}

/* Send all of data to peer, or end. */
static void send_all(int peer, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(peer, data, length, MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            err(1, "send to the server");
        data += sent;
        length -= sent;
    }
}

/* Send standard input to the server, until its end. */
static void send_input(int server)
{
    char buffer[65536];

    for (;;) {
        ssize_t length = read(STDIN_FILENO, buffer, sizeof buffer);
        if (length == 0)
            return;
        if (length > 0)
            send_all(server, buffer, length);
        else if (errno != EINTR)
            err(1, "read standard input");
    }
}
