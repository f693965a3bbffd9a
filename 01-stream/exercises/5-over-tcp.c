/*
 * 5-over-tcp.c - an echo server whose address is a path, or a port
 *
 *     $ ./over-tcp ./a.sock &
 *     over-tcp: listening on ./a.sock
 *     $ echo 'Hello, world' | ./client a.sock
 *     Hello, world
 *     $ ./over-tcp 127.0.0.1:0 &
 *     over-tcp: listening on 127.0.0.1:40123
 *     $ exec 9<>/dev/tcp/127.0.0.1/40123; echo 'Hello, world' >&9
 *     $ head -n 1 <&9; exec 9>&-
 *     Hello, world
 *     $ kill %1 %2; rm a.sock
 *
 * Only the address differs. What has a '/' in it is a path; else it is an
 * IPv4 address and a port, 0 to 65535. For port 0, the kernel chooses one
 * that is free: yours will have another number. (/dev/tcp is no file: bash
 * makes a connection of it.)
 *
 * 20 minutes. Read first: "sockaddr_un and its 108 bytes" of chapter 01.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Of either family; each begins with which one it is. */
union address {
    struct sockaddr any;
    struct sockaddr_un path;
    struct sockaddr_in port;
};

static struct sockaddr_in port_address(const char *host, const char *port);
static struct sockaddr_un path_address(const char *path);
static int listen_on(const union address *address, const char *name);
static void say_where(int listener);
static void echo(int peer);

int main(int argc, char *argv[])
{
    union address address = {0};
    char *colon;

    if (argc != 2)
        errx(2, "usage: over-tcp PATH|HOST:PORT");
    if (strchr(argv[1], '/') != NULL)
        address.path = path_address(argv[1]);
    else if ((colon = strrchr(argv[1], ':')) != NULL) {
        *colon = '\0'; /* where the host ends */
        address.port = port_address(argv[1], colon + 1);
        *colon = ':';
    } else
        errx(1, "'%s' has no '/' and no ':'", argv[1]);
    int listener = listen_on(&address, argv[1]);
    say_where(listener);

    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer == -1)
            err(1, "accept");
        echo(peer);
        close(peer);
    }
}

/* The address that these texts stand for; others end us. */
static struct sockaddr_in port_address(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    /* TODO: Put both into it, in network byte order. */
    (void)host;
    (void)port;
    return address;
}

/* ---- You need not read on. ---- */

/* The address of path; one that is not 1 to 107 bytes long ends us. */
static struct sockaddr_un path_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path), most = sizeof address.sun_path - 1;

    if (length < 1 || length > most)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             most);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    return address;
}

/* A listener: clients can connect from now on. */
static int listen_on(const union address *address, const char *name)
{
    int family = address->any.sa_family, yes = 1;
    socklen_t size =
        family == AF_UNIX ? sizeof address->path : sizeof address->port;

    int listener = socket(family, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");
    /* Old connections keep a port for a minute. (No effect on a path.) */
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes))
        err(1, "setsockopt SO_REUSEADDR");
    if (bind(listener, &address->any, size))
        err(1, "bind %s", name);
    if (listen(listener, SOMAXCONN))
        err(1, "listen %s", name);
    return listener;
}

/* Say where clients can connect: the kernel may have chosen the port. */
static void say_where(int listener)
{
    union address address = {0};
    socklen_t size = sizeof address;

    if (getsockname(listener, &address.any, &size))
        err(1, "getsockname");
    if (address.any.sa_family == AF_UNIX)
        warnx("listening on %s", address.path.sun_path);
    else {
        char host[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, &address.port.sin_addr, host, sizeof host);
        warnx("listening on %s:%d", host, ntohs(address.port.sin_port));
    }
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
