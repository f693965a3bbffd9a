/*
 * addresses.c - the four kinds of address, as getsockname(2) returns them
 *
 *     $ ./addresses
 *     pathname   …
 *
 * For each kind: 1. socket, bind   2. getsockname: how many bytes, and
 * which
 */
#define _GNU_SOURCE /* getopt(3), with -std=c11 too */
#include <err.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
    fprintf(status == 0 ? stdout : stderr, "usage: addresses\n");
    exit(status);
}

/* The fixed part of every address: where its name begins. */
enum { FAMILY = offsetof(struct sockaddr_un, sun_path) };

/* A new socket without an address. */
static int new_socket(void)
{
    int unnamed = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (unnamed == -1)
        err(1, "socket");
    return unnamed;
}

/* A new socket, bound to the first size bytes of address. */
static int bound_socket(const struct sockaddr_un *address, socklen_t size)
{
    int bound = new_socket();
    if (bind(bound, (const struct sockaddr *)address, size))
        err(1, "bind %s", address->sun_path);
    return bound;
}

/* Ask for the address of socket, print it behind kind, close socket. */
static void print_address(const char *kind, int socket)
{
    struct sockaddr_un address;
    socklen_t size = sizeof address;

    if (getsockname(socket, (struct sockaddr *)&address, &size))
        err(1, "getsockname");
    int length = (int)size - FAMILY;
    const char *name = address.sun_path;
    printf("%-9s %3u bytes: ", kind, size);
    if (length == 0)
        printf("%d for the family", FAMILY);
    else if (name[0] != '\0')
        printf("%d + %zu for '%s' + 1 for its NUL", FAMILY, strlen(name),
               name);
    else
        printf("%d + 1 for a NUL + %d for '%.*s'", FAMILY, length - 1,
               length - 1, name + 1);
    putchar('\n');
    close(socket);
}

int main(int argc, char *argv[])
{
    open_standard_streams();
    for (int option; (option = getopt(argc, argv, "+h")) != -1;)
        usage(option == 'h' ? 0 : 2);
    if (argc != optind)
        usage(2);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *name = address.sun_path;

    int length = sprintf(name, "addresses.%d", getpid());
    int pathname = bound_socket(&address, sizeof address);
    unlink(name); /* the socket keeps its address */
    print_address("pathname", pathname);

    print_address("unnamed", new_socket());

    memmove(name + 1, name, length);
    name[0] = '\0';
    print_address("abstract", bound_socket(&address, FAMILY + 1 + length));

    print_address("autobound", bound_socket(&address, FAMILY));

    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "write standard output");
    return 0;
}
