/*
 * 1-record-size.c - receive each record whole, whatever its size
 *
 *     $ rm -f a.sock
 *     $ ./peer seqpacket bind a.sock listen accept send one send two &
 *     $ ./record-size a.sock
 *     record-size: record 1: 3 bytes
 *     one
 *     record-size: record 2: 3 bytes
 *     two
 *
 * Each record goes to standard output, with a newline behind it. One of
 * more than MOST bytes is refused. No record here is empty: 0 is the end.
 *
 * 20 minutes. Read first: "How long can a record be?" of chapter 03.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST = 200000 }; /* nobody makes us take more memory than this */

static char *receive_record(int server, size_t *size);
static ssize_t receive(int server, char *bytes, size_t size, int flags);
static char *room_for(size_t size);
static int connect_to(const char *path);
static void print_record(int number, const char *record, size_t size);

int main(int argc, char *argv[])
{
    if (argc != 2)
        errx(2, "usage: record-size PATH");
    int server = connect_to(argv[1]);
    for (int number = 1;; number++) {
        size_t size;
        char *record = receive_record(server, &size);
        if (record == NULL)
            return 0;
        print_record(number, record, size);
        free(record);
    }
}

/* The next record and its size; NULL at the end. The caller frees it. */
static char *receive_record(int server, size_t *size)
{
    /* TODO: a record may be larger. How large, before you receive it? */
    char *record = room_for(32);
    *size = receive(server, record, 32, 0);
    if (*size == 0) {
        free(record);
        return NULL;
    }
    return record;
}

/* ---- You need not read on. ---- */

/* As recv(2), which a signal may interrupt; an error ends us. */
static ssize_t receive(int server, char *bytes, size_t size, int flags)
{
    ssize_t length;

    do
        length = recv(server, bytes, size, flags);
    while (length == -1 && errno == EINTR);
    if (length == -1)
        err(1, "recv");
    return length;
}

/* Memory for a record of so many bytes; a size above MOST ends us. */
static char *room_for(size_t size)
{
    if (size > MOST)
        errx(1, "a record of %zu bytes: %d are the most", size, MOST);
    char *record = malloc(size);
    if (record == NULL)
        err(1, "malloc");
    return record;
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

/* A record may hold any bytes, a NUL too: so it has a size. */
static void print_record(int number, const char *record, size_t size)
{
    warnx("record %d: %zu bytes", number, size);
    fwrite(record, 1, size, stdout);
    putchar('\n');
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(1, "write standard output");
}
