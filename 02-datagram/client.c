/*
 * client.c - send messages as datagrams, print the replies
 *
 *     $ ./client upper.sock hello world
 *     Response 1 : HELLO
 *     Response 2 : WORLD
 *
 * First the lesson: main to print_reply. Left out: sending a message again
 * whose reply did not come; more than one message on its way.
 */
#define _GNU_SOURCE /* getopt(3), with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] = "usage: client PATH MESSAGE...\n";

enum {
    PATIENCE = 5,         /* seconds */
    REPLY_SIZE = 1 << 17, /* an argument is shorter, execve(2) */
};

static struct sockaddr_un own; /* the signal handler removes its file */

static struct sockaddr_un own_address(const char *path);
static int connect_to(const struct sockaddr_un *address);
static void bind_own(int socket);
static void send_message(int server, const char *path, const char *message);
static void print_reply(int server, const char *path, int number);

/* below the line */
static void open_standard_streams(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static struct sockaddr_un address_of(const char *path);
static void hold_signals(int how);
static void flush_output(void);

int main(int argc, char *argv[])
{
    open_standard_streams();
    no_options(argc, argv);
    char **operand = operands(argc, argv, 2, argc);
    struct sockaddr_un address = address_of(operand[0]);

    own = own_address(operand[0]);
    int server = connect_to(&address);
    bind_own(server);
    for (int i = 1; operand[i] != NULL; i++) {
        send_message(server, address.sun_path, operand[i]);
        print_reply(server, address.sun_path, i);
    }
    return 0;
}

/* PATH.PID, for the replies: no other living client here is called so. */
static struct sockaddr_un own_address(const char *path)
{
    char own_path[sizeof own.sun_path + sizeof ".4194304"];

    snprintf(own_path, sizeof own_path, "%s.%d", path, getpid());
    return address_of(own_path);
}

/*
 * A datagram socket that is connected to the server at address, and hears
 * nobody else. Each send and receive fails with EAGAIN after PATIENCE.
 */
static int connect_to(const struct sockaddr_un *address)
{
    struct timeval limit = {.tv_sec = PATIENCE};
    int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (server == -1)
        err(1, "socket");
    if (setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) ||
        setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit))
        err(1, "setsockopt");
    if (connect(server, (const struct sockaddr *)address, sizeof *address))
        err(1, "connect %s", address->sun_path);
    return server;
}

static void remove_own(void)
{
    unlink(own.sun_path);
}

static void remove_own_and_die(int signal_number)
{
    remove_own();
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* takes effect when this handler returns */
}

/*
 * Bind socket to our own address. The file goes when we do, short of
 * SIGKILL or a crash. The socket is connected by now: a stranger's datagram
 * finds no gap. The server looks the name up in its own folder: a relative
 * PATH serves only there.
 */
static void bind_own(int socket)
{
    static const int endings[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};

    hold_signals(SIG_BLOCK); /* until there is a file to remove */
    if (bind(socket, (struct sockaddr *)&own, sizeof own)) {
        if (errno == EADDRINUSE) /* by our pid in another container, or */
            errx(1,
                 "bind %s: Address already in use: remove it, if a "
                 "client that was killed left it",
                 own.sun_path);
        err(1, "bind %s", own.sun_path);
    }
    atexit(remove_own);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (signal(endings[i], remove_own_and_die) == SIG_IGN)
            signal(endings[i], SIG_IGN); /* as nohup(1) wanted it */
    hold_signals(SIG_UNBLOCK);
}

/* Send message as one datagram; path names the server in an error. */
static void send_message(int server, const char *path, const char *message)
{
    ssize_t sent;

    /* EINTR: with a limit, also after SIGSTOP and SIGCONT, signal(7) */
    do
        sent = send(server, message, strlen(message), 0);
    while (sent == -1 && errno == EINTR);
    if (sent == -1 && errno == EAGAIN)
        errx(1, "send %s: no room for %d seconds", path, PATIENCE);
    if (sent == -1)
        err(1, "send %s", path);
}

/* Receive the reply to message number, and print it. */
static void print_reply(int server, const char *path, int number)
{
    static char reply[REPLY_SIZE];
    ssize_t sent;

    do /* MSG_TRUNC: returns the length that was sent, not what fits */
        sent = recv(server, reply, sizeof reply, MSG_TRUNC);
    while (sent == -1 && errno == EINTR);
    if (sent == -1 && errno == EAGAIN)
        errx(1, "recv %s: no reply for %d seconds", path, PATIENCE);
    if (sent == -1)
        err(1, "recv %s", path);
    size_t length =
        (size_t)sent < sizeof reply ? (size_t)sent : sizeof reply;

    printf("Response %d : ", number);
    fwrite(reply, 1, length, stdout);
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

/* SIG_BLOCK holds all signals back, SIG_UNBLOCK lets them in. */
static void hold_signals(int how)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(how, &all, NULL);
}

/* What printf(3) has kept goes out, or we end. */
static void flush_output(void)
{
    if (ferror(stdout) || fflush(stdout) == EOF)
        err(1, "write standard output");
}
