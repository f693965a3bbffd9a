/*
 * 2-empty-record.c - receive empty records, and notice the end all the same
 *
 *     $ rm -f a.sock
 *     $ ./peer seqpacket bind a.sock listen accept send one send '' &
 *     $ ./empty-record a.sock
 *     record 1: 3 bytes
 *     record 2: 0 bytes
 *     the end, after 2 records
 *
 * recv(2) returns 0 for an empty record, and at the end. recvmsg(2) can be
 * told to bring more than the bytes of a record: who has sent it. The end
 * is sent by nobody.
 *
 * 30 minutes. Read first: "the empty record" in chapter 03, recvmsg(2),
 * "Socket options" in unix(7), and the example in cmsg(3).
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool receive_record(int server, size_t *size);
static void receive(int server, struct msghdr *message, size_t *size);
static int connect_to(const char *path);

int main(int argc, char *argv[])
{
    if (argc != 2)
        errx(2, "usage: empty-record PATH");
    int server = connect_to(argv[1]);
    size_t size;
    int count = 0;
    while (receive_record(server, &size))
        printf("record %d: %zu bytes\n", ++count, size);
    printf("the end, after %d records\n", count);
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(1, "write standard output");
    return 0;
}

/* Receive a record, and its size; false if there is none: the end. */
static bool receive_record(int server, size_t *size)
{
    /* TODO: 0 bytes may be a record as well. What else comes with one? */
    struct msghdr message = {.msg_control = NULL};

    receive(server, &message, size);
    return *size > 0;
}

/* ---- You need not read on. ---- */

/* As recvmsg(2), into a buffer that is forgotten; an error ends us. */
static void receive(int server, struct msghdr *message, size_t *size)
{
    char record[1000];
    struct iovec room = {record, sizeof record};
    ssize_t length;

    message->msg_iov = &room;
    message->msg_iovlen = 1;
    do /* MSG_TRUNC: the length that was sent, not what fits */
        length = recvmsg(server, message, MSG_TRUNC);
    while (length == -1 && errno == EINTR);
    if (length == -1)
        err(1, "recvmsg");
    message->msg_iov = NULL;
    *size = length;
}

/* A socket that is connected to the server at path. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int server = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (server == -1)
        err(1, "socket");
    if (connect(server, (struct sockaddr *)&address, sizeof address))
        err(1, "connect %s", path);
    return server;
}
