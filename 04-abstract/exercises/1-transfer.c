/*
 * 1-transfer.c - send a file to an abstract name, or receive one there
 *
 *     $ rm -f transfer.$$; seq 100000 >a
 *     $ ./transfer -l transfer.$$ >b &
 *     transfer: listening on @transfer.452
 *     $ ./transfer transfer.$$ <a
 *     $ cmp a b
 *     $ ls transfer.$$
 *     ls: cannot access 'transfer.452': No such file or directory
 *
 * It looks so when you are done. As yet it has a path, as the pair of note
 * 003: ls finds a file. Left out: whether what was sent has been written;
 * the lesson's client asks.
 *
 * 15 minutes. Read first: "The calls" and "It fails first" of chapter 04.
 */
#include <err.h>
#include <errno.h>
#include <stddef.h> /* offsetof */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address_of(const char *name, socklen_t *size);
static void receive(const char *name);
static void transmit(const char *name);

int main(int argc, char *argv[])
{
    if (argc == 3 && !strcmp(argv[1], "-l"))
        receive(argv[2]);
    else if (argc == 2 && argv[1][0] != '-')
        transmit(argv[1]);
    else
        errx(2, "usage: transfer [-l] NAME");
    return 0;
}

/* The address of name, and in size how many bytes of it count. */
static struct sockaddr_un address_of(const char *name, socklen_t *size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name), most = sizeof address.sun_path - 1;

    if (length < 1 || length > most)
        errx(1, "name '%s' has %zu bytes, 1 to %zu fit", name, length,
             most);
    /* TODO: This is a path. Make it an abstract name, no byte longer. */
    memcpy(address.sun_path, name, length);
    *size = sizeof address;
    return address;
}

/* ---- You need not read on. ---- */

static int new_socket(void)
{
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    if (stream == -1)
        err(1, "socket");
    return stream;
}

/* Write all of data to standard output, or end. */
static void write_out(const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, data, length);
        if (written == -1 && errno == EINTR)
            continue;
        if (written == -1)
            err(1, "write standard output");
        data += written;
        length -= written;
    }
}

/* Write what the first client sends to standard output. */
static void receive(const char *name)
{
    socklen_t size;
    struct sockaddr_un address = address_of(name, &size);
    int listener = new_socket(), peer;
    char buffer[65536];

    if (bind(listener, (const struct sockaddr *)&address, size))
        err(1, "bind @%s", name);
    if (listen(listener, 1))
        err(1, "listen @%s", name);
    warnx("listening on @%s", name);
    do
        peer = accept(listener, NULL, NULL);
    while (peer == -1 && (errno == EINTR || errno == ECONNABORTED));
    if (peer == -1)
        err(1, "accept");
    for (;;) {
        ssize_t length = recv(peer, buffer, sizeof buffer, 0);
        if (length == 0)
            return;
        if (length > 0)
            write_out(buffer, length);
        else if (errno != EINTR)
            err(1, "recv from the client");
    }
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

/* Send standard input to the server with this name. */
static void transmit(const char *name)
{
    socklen_t size;
    struct sockaddr_un address = address_of(name, &size);
    int server = new_socket();
    char buffer[65536];

    if (connect(server, (const struct sockaddr *)&address, size))
        err(1, "connect @%s", name);
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
