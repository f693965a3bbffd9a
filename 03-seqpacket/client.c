/*
 * client.c - send messages as records, print the records that come back
 *
 *     $ ./client records.sock ping ping ping
 *     Response 1 : ping
 *     Response 2 : ping
 *     Response 3 : ping
 *
 * First the lesson: main to print_record. Left out: a limit on how long the
 * server may take to answer.
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

static const char usage[] = "usage: client [-n SIZE] PATH MESSAGE...\n";

enum {
    USUAL_SIZE = 65536,  /* bytes that each record is received into */
    MOST_SIZE = 1 << 30, /* above what any record holds */
};

static void refuse_empty(char *messages[]);
static int connect_to(const struct sockaddr_un *address);
static bool send_record(int server, int number, const char *message);
static void print_record(int server, int number, char *buffer, size_t size);

/* below the line */
static void open_standard_streams(void);
static size_t size_option(int argc, char *argv[], size_t usual);
static char **operands(int argc, char *argv[], int least, int most);
static struct sockaddr_un address_of(const char *path);
static void flush_output(void);

int main(int argc, char *argv[])
{
    open_standard_streams();
    size_t size = size_option(argc, argv, USUAL_SIZE);
    char **operand = operands(argc, argv, 2, argc);
    struct sockaddr_un address = address_of(operand[0]);
    char **messages = operand + 1;
    refuse_empty(messages);
    char *buffer = malloc(size);
    if (buffer == NULL)
        err(1, "malloc");

    int server = connect_to(&address);
    for (int sent = 0, received = 0; messages[received] != NULL;) {
        if (messages[sent] && send_record(server, sent + 1, messages[sent]))
            sent++;
        else /* all sent, or no room before the server's records are read */
            print_record(server, ++received, buffer, size);
    }
    free(buffer);
    return 0;
}

/* An empty record is one, but reads like the end: send none. */
static void refuse_empty(char *messages[])
{
    for (int i = 0; messages[i] != NULL; i++)
        if (messages[i][0] == '\0')
            errx(1, "message %d is empty: it would look like the end",
                 i + 1);
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
    flush_output();
}

/* ---- The same in every lesson: who has read it once stops here. ---- */

/* Started without a standard stream, our first socket would become it. */
static void open_standard_streams(void)
{
    int file;

    do
        file = open("/dev/null", O_RDONLY); /* nothing to read or write */
    while (file >= 0 && file <= STDERR_FILENO);
    close(file);
    setlinebuf(stderr); /* whole lines, whoever else writes there */
}

/* The usage is all there is: as -h asks for it, or as an error. */
static void end_with_usage(int option)
{
    if (option != 'h') {
        fputs(usage, stderr);
        exit(2);
    }
    if (fputs(usage, stdout) == EOF || fflush(stdout) == EOF)
        err(1, "write standard output");
    exit(0);
}

/* The SIZE in text, 1 to MOST_SIZE; anything else is wrong usage. */
static size_t size_of(const char *text)
{
    char *end;
    long size = strtol(text, &end, 10);

    if (end == text || *end != '\0' || size < 1 || size > MOST_SIZE) {
        warnx("size '%s' is not a number from 1 to %d", text, MOST_SIZE);
        end_with_usage('?');
    }
    return size;
}

/* The SIZE that -n gives, or the usual one. */
static size_t size_option(int argc, char *argv[], size_t usual)
{
    size_t size = usual;

    for (int option; (option = getopt(argc, argv, "+hn:")) != -1;) {
        if (option != 'n')
            end_with_usage(option);
        size = size_of(optarg);
    }
    return size;
}

/* The operands, least to most of them; another number is wrong usage. */
static char **operands(int argc, char *argv[], int least, int most)
{
    int count = argc - optind;

    if (count < least || count > most)
        end_with_usage('?');
    return argv + optind;
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

/* What printf(3) has kept goes out, or we end. */
static void flush_output(void)
{
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(1, "write standard output");
}
