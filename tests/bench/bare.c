/*
 * bare.c - echo servers that do nothing but echo, to compare with
 *
 * `bare stream PATH` serves one client after another, recv and send, and so
 * does `bare seqpacket PATH`; `bare datagram PATH` is recvfrom and sendto.
 * `bare epoll PATH` serves all at once. No checks, no bookkeeping: what a
 * client has no room for is lost. It ends by SIGTERM, and leaves the file.
 */
#define _GNU_SOURCE /* accept4(2) */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char buffer[65536];

static void loop(int listener)
{
    for (;;) {
        int peer = accept4(listener, NULL, NULL, 0);
        ssize_t length;
        while ((length = recv(peer, buffer, sizeof buffer, 0)) > 0)
            send(peer, buffer, length, MSG_NOSIGNAL);
        close(peer);
    }
}

static void answer(int server)
{
    for (;;) {
        struct sockaddr_un sender;
        socklen_t size = sizeof sender;
        ssize_t length = recvfrom(server, buffer, sizeof buffer, 0,
                                  (struct sockaddr *)&sender, &size);
        if (length >= 0)
            sendto(server, buffer, length, MSG_DONTWAIT,
                   (struct sockaddr *)&sender, size);
    }
}

static void serve_all(int listener)
{
    static struct epoll_event events[256];
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    int epoll = epoll_create1(0);

    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int peer = events[i].data.fd;
            if (peer == listener) {
                peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                event.data.fd = peer;
                epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &event);
                continue;
            }
            ssize_t length = recv(peer, buffer, sizeof buffer, 0);
            if (length > 0)
                send(peer, buffer, length, MSG_NOSIGNAL);
            else
                close(peer);
        }
    }
}

int main(int argc, char *argv[])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct rlimit limit;
    int type = SOCK_STREAM;

    if (argc != 3 || strlen(argv[2]) >= sizeof address.sun_path)
        errx(2, "usage: bare stream|seqpacket|datagram|epoll PATH");
    if (strcmp(argv[1], "seqpacket") == 0)
        type = SOCK_SEQPACKET;
    if (strcmp(argv[1], "datagram") == 0)
        type = SOCK_DGRAM;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    int listener = socket(AF_UNIX, type, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[2]);
    if (bind(listener, (struct sockaddr *)&address, sizeof address))
        err(1, "bind %s", argv[2]);
    if (type == SOCK_DGRAM)
        answer(listener);
    if (listen(listener, SOMAXCONN))
        err(1, "listen on %s", argv[2]);
    if (strcmp(argv[1], "epoll") == 0)
        serve_all(listener);
    else
        loop(listener);
}
