/*
 * activate.c - listen at PATH, and leave the listener to COMMAND
 *
 *     $ ./activate a.sock ./inherited-listener cat
 *
 * As systemd does it (sd_listen_fds(3)): the listener is descriptor 3, in
 * LISTEN_FDS is how many there are, and in LISTEN_PID whom they are for.
 * With an option, it is something that COMMAND should not take.
 */
#define _GNU_SOURCE /* setenv(3) and getopt(3), with -std=c11 too */
#include <err.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST = 3 }; /* SD_LISTEN_FDS_START */

/* What is left to COMMAND: a listener at path, or what the option says. */
static int make_socket(int option, const char *path)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET,
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct sockaddr *address = (const struct sockaddr *)&local;
    socklen_t size = sizeof local;
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof local.sun_path)
        errx(1, "path '%s' is empty or too long", path);
    memcpy(local.sun_path, path, length);
    if (option == 't') {
        address = (const struct sockaddr *)&port;
        size = sizeof port;
    }

    int listener = socket(address->sa_family,
                          option == 's' ? SOCK_SEQPACKET : SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");
    if (bind(listener, address, size))
        err(1, "bind %s", path);
    if (option != 'n' && listen(listener, SOMAXCONN))
        err(1, "listen %s", path);
    return listener;
}

static void set(const char *name, int value)
{
    char text[32];

    snprintf(text, sizeof text, "%d", value);
    if (setenv(name, text, true))
        err(1, "setenv %s", name);
}

int main(int argc, char *argv[])
{
    int option = getopt(argc, argv, "+nst");
    if (option == '?' || argc - optind < 2)
        errx(2, "usage: activate [-n|-s|-t] PATH COMMAND [ARG...]\n"
                "  -n  a socket that does not listen\n"
                "  -s  a seqpacket listener (lesson 03)\n"
                "  -t  a TCP listener, at a port that is free");
    int made = make_socket(option, argv[optind]);

    if (made != FIRST && (dup2(made, FIRST) == -1 || close(made)))
        err(1, "dup2");
    set("LISTEN_FDS", 1);
    set("LISTEN_PID", getpid()); /* execvp(3) leaves it as it is */
    execvp(argv[optind + 1], argv + optind + 1);
    err(127, "exec %s", argv[optind + 1]);
}
