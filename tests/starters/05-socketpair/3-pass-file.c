/*
 * 3-pass-file.c - print files that others have opened and pass to us
 *
 *     $ ./pass-file a.sock &
 *     pass-file: listening on a.sock
 *     $ echo hello >notes.txt
 *     $ ./pass a.sock notes.txt
 *     hello
 *     $ ./pass a.sock notes.txt notes.txt
 *     pass-file: more than one file in a message
 *     $ kill $!; rm a.sock
 *
 * Each client sends one message with one open file in it: SCM_RIGHTS. We
 * print what is left of it, and close the connection. We need no right to
 * open the file ourselves. The data of the message is one byte, for without
 * data nothing is sent.
 *
 * 40 minutes. Read first: "Who can talk on it" of chapter 05, unix(7) under
 * "Ancillary messages", and cmsg(3).
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int receive_file(int peer);
static int refuse(int count);
static void print_all(int file);
static int listen_on(const char *path);

int main(int argc, char *argv[])
{
    if (argc != 2)
        errx(2, "usage: pass-file PATH");
    int listener = listen_on(argv[1]);
    warnx("listening on %s", argv[1]);
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer == -1 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (peer == -1)
            err(1, "accept");
        int file = receive_file(peer);
        if (file != -1) {
            print_all(file);
            close(file);
        }
        close(peer);
    }
}

/*
 * Receive a message with one file in it. Returns its descriptor. With none,
 * or more than one, it says so, returns -1, and leaves none of them open.
 */
static int receive_file(int peer)
{
    char byte;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    while (recvmsg(peer, &message, 0) == -1)
        if (errno != EINTR) {
            warn("recvmsg");
            return -1;
        }
    /*
     * TODO: give recvmsg(2) room for one descriptor. Then look at what
     * came: how many are there, did all have room, who closes the others?
     */
    return refuse(0);
}

/* ---- You need not read on. ---- */

/* Say why we do not take so many files; returns -1. */
static int refuse(int count)
{
    warnx(count == 0 ? "no file in a message"
                     : "more than one file in a message");
    return -1;
}

/* Print what is left of a file: whoever opened it may have read some. */
static void print_all(int file)
{
    char data[65536];
    ssize_t length;

    while ((length = read(file, data, sizeof data)) != 0) {
        if (length == -1 && errno == EINTR)
            continue;
        if (length == -1) {
            warn("read the file");
            return;
        }
        if (fwrite(data, 1, length, stdout) < (size_t)length ||
            fflush(stdout) == EOF)
            err(1, "write standard output");
    }
}

/* A socket that listens at path, which must be free. */
static int listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");
    if (bind(listener, (struct sockaddr *)&address, sizeof address))
        err(1, "bind %s", path);
    if (listen(listener, SOMAXCONN))
        err(1, "listen");
    return listener;
}
