/*
 * client.c - send messages as records, print the records that come back
 *
 *     $ ./client records.sock ping ping ping
 *     Response 1 : ping
 *     Response 2 : ping
 *     Response 3 : ping
 *
 * 1. socket, connect   2. send every message as a record, as long as there
 * is room   3. receive a record for each, and print it
 */
#define _GNU_SOURCE /* getopt(3), with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    USUAL_SIZE = 65536,  /* bytes that each record is received into */
    MOST_SIZE = 1 << 30, /* above what any record holds */
};

/* Started without a standard stream, our first socket would become it. */
static void open_standard_streams(void)
{
    int file;

    do
        file = open("/dev/null", O_RDONLY); /* nothing to read or write */
    while (file >= 0 && file <= STDERR_FILENO);
    close(file);
}

static void usage(int status)
{
    fprintf(status == 0 ? stdout : stderr,
            "usage: client [-n SIZE] PATH MESSAGE...\n");
    exit(status);
}

/* The SIZE in text, 1 to MOST_SIZE; anything else is wrong usage. */
static size_t size_of(const char *text)
{
    char *end;
    long size = strtol(text, &end, 10);

    if (end == text || *end != '\0' || size < 1 || size > MOST_SIZE) {
        warnx("size '%s' is not a number from 1 to %d", text, MOST_SIZE);
        usage(2);
    }
    return size;
}

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

/* A socket that is connected to the server at address. */
static int connect_to(const struct sockaddr_un *address)
{
    int server = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (server == -1)
        err(1, "socket");
    if (connect(server, (const struct sockaddr *)address, sizeof *address))
        err(1, "connect %s", address->sun_path);
    return server;
}

/* Send message number as one record. Returns whether there was room. */
static bool send_record(int server, int number, const char *message)
{
    size_t length = strlen(message);

    for (;;) {
        if (send(server, message, length, MSG_DONTWAIT) != -1)
            return true;
        if (errno == EAGAIN)
            return false;
        if (errno != EINTR)
            err(1, "send message %d of %zu bytes", number, length);
    }
}

/* Receive a record into size bytes at buffer, print it as number. */
static void print_record(int server, int number, char *buffer, size_t size)
{
    ssize_t sent;

    do /* MSG_TRUNC: returns the length that was sent, not what fits */
        sent = recv(server, buffer, size, MSG_TRUNC);
    while (sent == -1 && errno == EINTR);
    if (sent == -1)
        err(1, "recv record %d", number);
    if (sent == 0)
        errx(1, "recv record %d: the server closed the connection", number);
    size_t length = (size_t)sent < size ? (size_t)sent : size;

    printf("Response %d : ", number);
    fwrite(buffer, 1, length, stdout);
    size_t lost = (size_t)sent - length;
    if (lost > 0)
        printf(" (%zu bytes lost)", lost);
    putchar('\n');
}

int main(int argc, char *argv[])
{
    size_t size = USUAL_SIZE;

    open_standard_streams();
    for (int option; (option = getopt(argc, argv, "+hn:")) != -1;) {
        if (option != 'n')
            usage(option == 'h' ? 0 : 2);
        size = size_of(optarg);
    }
    int count = argc - optind - 1;
    if (count < 1)
        usage(2);
    struct sockaddr_un address = address_of(argv[optind]);
    char **messages = argv + optind + 1;
    for (int i = 0; i < count; i++)
        if (messages[i][0] == '\0')
            errx(1, "message %d is empty: it would look like the end",
                 i + 1);
    char *buffer = malloc(size);
    if (buffer == NULL)
        err(1, "malloc");

    int server = connect_to(&address);
    for (int sent = 0, received = 0; received < count;) {
        if (sent < count && send_record(server, sent + 1, messages[sent]))
            sent++;
        else /* all sent, or no room before the server's records are read */
            print_record(server, ++received, buffer, size);
    }
    free(buffer);
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "write standard output");
    return 0;
}
