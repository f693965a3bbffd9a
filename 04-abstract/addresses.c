/*
 * addresses.c - the four kinds of address, as getsockname(2) returns them
 *
 *     $ ./addresses
 *     pathname   16 bytes: 2 + 13 for 'addresses.452' + 1 for its NUL
 *     unnamed     2 bytes: 2 for the family
 *     abstract   16 bytes: 2 + 1 for a NUL + 13 for 'addresses.452'
 *     autobound   8 bytes: 2 + 1 for a NUL + 5 for '0004c'
 *
 * First the lesson: main to print_address. Left out: the addresses that
 * accept(2), recvfrom(2) and getpeername(2) return. They look the same.
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

static const char usage[] = "usage: addresses\n";

/* The fixed part of every address: where its name begins. */
enum { FAMILY = offsetof(struct sockaddr_un, sun_path) };

static int bound_socket(const struct sockaddr_un *address, socklen_t size);
static int new_socket(void);
static void print_address(const char *kind, int socket);

/* below the line */
static void open_standard_streams(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static void flush_output(void);

int main(int argc, char *argv[])
{
    open_standard_streams();
    no_options(argc, argv);
    operands(argc, argv, 0, 0);
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
    return 0;
}

/* A new socket, bound to the first size bytes of address. */
static int bound_socket(const struct sockaddr_un *address, socklen_t size)
{
    const char *name = address->sun_path;
    int bound = new_socket();

    if (!bind(bound, (const struct sockaddr *)address, size))
        return bound;
    if (size == FAMILY)
        err(1, "bind without a name");
    if (name[0] == '\0')
        err(1, "bind @%s", name + 1);
    err(1, "bind %s", name);
}

/* A new socket without an address. */
static int new_socket(void)
{
    int unnamed = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (unnamed == -1)
        err(1, "socket");
    return unnamed;
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
    flush_output();
    close(socket);
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

/* Any option is wrong usage, but for -h. */
static void no_options(int argc, char *argv[])
{
    int option = getopt(argc, argv, "+h");

    if (option != -1)
        end_with_usage(option);
}

/* The operands, least to most of them; another number is wrong usage. */
static char **operands(int argc, char *argv[], int least, int most)
{
    int count = argc - optind;

    if (count < least || count > most)
        end_with_usage('?');
    return argv + optind;
}

/* What printf(3) has kept goes out, or we end. */
static void flush_output(void)
{
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(1, "write standard output");
}
