/*
 * client.c - send messages as datagrams, print the replies
 *
 *     $ ./client upper.sock hello world
 *     Response 1 : HELLO
 *     Response 2 : WORLD
 *
 * 1. socket, connect   2. bind an address of our own for the replies
 * 3. for each message: send, receive, print   4. however we end: unlink
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

enum {
    PATIENCE = 5,         /* seconds */
    REPLY_SIZE = 1 << 17, /* an argument is shorter, execve(2) */
};

static struct sockaddr_un own; /* what the signal handler removes */

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

/* SIG_BLOCK holds all signals back, SIG_UNBLOCK lets them in. */
static void hold_signals(int how)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(how, &all, NULL);
}

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
            "usage: client PATH MESSAGE...\n");
    exit(status);
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

/*
 * Bind socket to PATH.PID, which goes when we do, short of SIGKILL or a
 * crash. The socket is connected by now: a stranger's datagram finds no
 * gap. The server answers to this name in its own folder: a relative PATH
 * serves only there.
 */
static void bind_own(int socket)
{
    static const int endings[] = {
        SIGHUP,  SIGINT,  SIGQUIT,   SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,
        SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF, SIGXFSZ, SIGPWR,  SIGABRT};

    hold_signals(SIG_BLOCK); /* until there is a file to remove */
    if (bind(socket, (struct sockaddr *)&own, sizeof own))
        err(1, "bind %s", own.sun_path);
    atexit(remove_own);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (signal(endings[i], remove_own_and_die) == SIG_IGN)
            signal(endings[i], SIG_IGN); /* as nohup(1) wanted it */
    hold_signals(SIG_UNBLOCK);
}

/* Send message to server, and print its reply as number. */
static void ask(int server, const char *path, int number,
                const char *message)
{
    static char reply[REPLY_SIZE];
    ssize_t sent;

    /* EINTR: with a limit, also after SIGSTOP and SIGCONT, signal(7) */
    do
        sent = send(server, message, strlen(message), 0);
    while (sent == -1 && errno == EINTR);
    if (sent == -1 && errno == EAGAIN)
        errx(1, "send %s: no room for %d seconds", path, PATIENCE);
    if (sent == -1)
        err(1, "send %s", path);

    do
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
}

int main(int argc, char *argv[])
{
    open_standard_streams();
    for (int option; (option = getopt(argc, argv, "+h")) != -1;)
        usage(option == 'h' ? 0 : 2);
    if (argc - optind < 2)
        usage(2);
    struct sockaddr_un address = address_of(argv[optind]);
    char own_path[sizeof own.sun_path + sizeof ".4194304"];
    snprintf(own_path, sizeof own_path, "%s.%d", argv[optind], getpid());
    own = address_of(own_path);

    int server = connect_to(&address);
    bind_own(server);
    for (int i = 1; i < argc - optind; i++)
        ask(server, address.sun_path, i, argv[optind + i]);
    if (fflush(stdout) == EOF || ferror(stdout))
        err(1, "write standard output");
    return 0;
}
