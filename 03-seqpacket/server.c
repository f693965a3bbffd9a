/*
 * server.c - send every record back as one record
 *
 *     $ ./server records.sock &
 *     server: listening on records.sock
 *     $ ./client records.sock ping ping
 *     Response 1 : ping
 *     Response 2 : ping
 *
 * First the lesson: main to send_record. Left out: telling an empty record
 * from the end of file; a limit on how many clients there are, and on how
 * long one may stay.
 */
#define _GNU_SOURCE /* accept4(2) */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] = "usage: server PATH\n";

static int listen_on(const struct sockaddr_un *address);
static void echo_records(int peer);
static size_t raise_send_buffer(int peer);
static int send_record(int peer, const char *record, size_t length);

/* below the line */
static void open_standard_streams(void);
static void survive_lost_log(void);
static void no_options(int argc, char *argv[]);
static char **operands(int argc, char *argv[], int least, int most);
static struct sockaddr_un address_of(const char *path);
static int claim(const struct sockaddr_un *address);
static void remove_at_end(const struct sockaddr_un *address);
static int accept_from(int listener);
static pid_t fork_child(void);

int main(int argc, char *argv[])
{
    open_standard_streams();
    survive_lost_log();
    no_options(argc, argv);
    char **operand = operands(argc, argv, 1, 1);
    struct sockaddr_un address = address_of(operand[0]);

    int lock = claim(&address); /* nobody else serves at this path */
    int listener = listen_on(&address);
    remove_at_end(&address);
    warnx("listening on %s", address.sun_path);

    for (;;) {
        int peer = accept_from(listener);
        if (fork_child() == 0) {
            close(listener);
            close(lock); /* a copy would keep the path locked */
            echo_records(peer);
            exit(0);
        }
        close(peer); /* the child has its own */
    }
}

/* A listener: clients can connect from now on. */
static int listen_on(const struct sockaddr_un *address)
{
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (listener == -1)
        err(1, "socket");
    if (bind(listener, (const struct sockaddr *)address, sizeof *address))
        err(1, "bind %s", address->sun_path);
    if (listen(listener, SOMAXCONN))
        err(1, "listen %s", address->sun_path);
    return listener;
}

/*
 * Send peer its own records back, until its end of file. To recv(2), an
 * empty record looks like the end of file; so here it is one.
 */
static void echo_records(int peer)
{
    size_t size = raise_send_buffer(peer);
    char *record = malloc(size); /* what no record fills costs nothing */
    if (record == NULL)
        err(1, "malloc");

    for (;;) {
        /* MSG_TRUNC: the length that was sent, were it more than fits */
        ssize_t length = recv(peer, record, size, MSG_TRUNC);
        if (length == -1 && errno == EINTR)
            continue;
        if (length < 1)
            break; /* 0: its end of file; -1: it has gone */
        if ((size_t)length > size)
            errx(1, "recv from a client: %zd bytes, %zu fit", length, size);
        if (send_record(peer, record, length) == -1)
            break;
    }
    free(record);
}

/*
 * Let peer's send buffer grow as far as the kernel allows, and return how
 * far that is, in bytes: no record that can be sent back is longer.
 */
static size_t raise_send_buffer(int peer)
{
    int size = INT_MAX / 2; /* the kernel keeps to net.core.wmem_max */
    socklen_t length = sizeof size;

    if (setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) ||
        getsockopt(peer, SOL_SOCKET, SO_SNDBUF, &size, &length))
        err(1, "SO_SNDBUF");
    return size;
}

/* Send peer one record; -1 with errno set if that cannot be. */
static int send_record(int peer, const char *record, size_t length)
{
    for (;;) {
        /* a peer that has gone is EPIPE: only streams raise SIGPIPE */
        if (send(peer, record, length, 0) != -1)
            return 0;
        if (errno != EINTR)
            return -1;
    }
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

/* A log whose reader has gone is lost; it does not end us by SIGPIPE. */
static void survive_lost_log(void)
{
    signal(SIGPIPE, SIG_IGN);
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

/*
 * Lock PATH.lock, or end: only who holds it may serve at PATH. The lock
 * lasts until the last copy of the returned descriptor is closed, however
 * we end. The file stays: were it removed, two servers could each lock a
 * file of this name.
 */
static int lock_path_of(const struct sockaddr_un *address)
{
    const char *path = address->sun_path;
    char name[sizeof address->sun_path + sizeof ".lock"];
    struct stat file;

    snprintf(name, sizeof name, "%s.lock", path);
    /* O_RDWR: a FIFO would make us wait for a writer, and NFS wants it */
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int reason = errno; /* lstat(2) may set it, too */
    if (lock == -1 && reason == EACCES && lstat(name, &file) == 0)
        errx(1, "open %s: Permission denied: user %u has to remove it",
             name, file.st_uid);
    errno = reason;
    if (lock == -1)
        err(1, "open %s", name);
    if (flock(lock, LOCK_EX | LOCK_NB) == -1) {
        if (errno != EWOULDBLOCK)
            err(1, "flock %s", name);
        errno = EADDRINUSE; /* by the server that holds the lock */
        err(1, "bind %s", path);
    }
    return lock;
}

/*
 * Make the path ours, and free for bind(2) where a dead server left its
 * socket: that goes, all else stays, and bind refuses it. Returns the lock.
 * Signals wait from now on, until remove_at_end.
 */
static int claim(const struct sockaddr_un *address)
{
    const char *path = address->sun_path;
    int lock = lock_path_of(address);
    struct stat file;

    /*
     * Does a server live there that knows nothing of our lock? To ask with
     * a datagram socket leaves it nothing to accept: it says EPROTOTYPE.
     * ECONNREFUSED means a dead socket, or a file that never was one.
     */
    int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe == -1)
        err(1, "socket");
    if (lstat(path, &file) == 0 && S_ISSOCK(file.st_mode) &&
        connect(probe, (const struct sockaddr *)address, sizeof *address) &&
        errno == ECONNREFUSED && unlink(path) == -1)
        err(1, "unlink %s", path);
    close(probe);
    hold_signals(SIG_BLOCK);
    return lock;
}

/* What asks us to end calls handler; SIGHUP does not under nohup(1). */
static void catch_endings(void (*handler)(int))
{
    signal(SIGINT, handler);
    signal(SIGTERM, handler);
    if (signal(SIGHUP, handler) == SIG_IGN)
        signal(SIGHUP, SIG_IGN);
}

static const char *own_path; /* the file that bind made, */
static struct stat own_file; /* which the signal handler removes */

static void remove_own_and_exit(int signal_number)
{
    struct stat file;

    (void)signal_number;
    if (lstat(own_path, &file) == 0 && file.st_ino == own_file.st_ino &&
        file.st_dev == own_file.st_dev) /* else it is somebody else's */
        unlink(own_path);
    _exit(0);
}

/* From now on SIGINT, SIGTERM and SIGHUP end us in order, with status 0. */
static void remove_at_end(const struct sockaddr_un *address)
{
    own_path = address->sun_path;
    if (lstat(own_path, &own_file))
        err(1, "lstat %s", own_path);
    catch_endings(remove_own_and_exit);
    hold_signals(SIG_UNBLOCK);
}

/* The next client; waits for one. */
static int accept_from(int listener)
{
    for (;;) {
        int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer != -1)
            return peer;
        if (errno == EINTR)
            continue;
        /* No descriptor or memory left: the client stays in the queue. */
        warn("accept a client");
        poll(NULL, 0, 100); /* milliseconds; without them we would spin */
    }
}

/*
 * As fork(2), but the child ends with us, and runs no handler of ours. -1
 * has been said: the client is dropped, and there may be room for the next.
 */
static pid_t fork_child(void)
{
    pid_t server = getpid();

    signal(SIGCHLD, SIG_IGN); /* the kernel reaps the children */
    hold_signals(SIG_BLOCK);
    pid_t child = fork();
    if (child == -1)
        warn("fork for a client");
    if (child == 0) {
        catch_endings(SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* even if it is stopped */
        if (getppid() != server)
            exit(0); /* it ended before prctl */
    }
    hold_signals(SIG_UNBLOCK);
    return child;
}
