/*
 * end_at_random.c - end a server at a random moment: which file is left?
 *
 *     usage: end_at_random TIMES SIGNAL TYPE SERVER
 *
 * Each time, SERVER is started at the path a.sock, clients of TYPE (stream,
 * seqpacket, or datagram, which only send) come as fast as they can, and
 * after up to SPAN microseconds from its first instruction on SIGNAL goes
 * to the server and all its children, as Ctrl-C does. It must end by then,
 * with status 0 or, before it has anything to remove, by the signal; and no
 * file may be at the path. Prints how often each happened.
 */
#define _GNU_SOURCE /* clock_gettime(2) and more, with -std=c11 too */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SPAN = 4000 };

static const struct sockaddr_un address = {AF_UNIX, "a.sock"};

static pid_t start(char *server, int signal_number)
{
    /* From its first moment on not ignored, as by nohup(1) or by an & */
    void (*before)(int) = signal(signal_number, SIG_DFL);
    pid_t pid = fork();
    if (pid == -1)
        err(1, "fork");
    if (pid > 0) {
        signal(signal_number, before);
        return pid;
    }
    setpgid(0, 0);
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    execl(server, server, address.sun_path, (char *)NULL);
    _exit(127);
}

static long microseconds_since(const struct timespec *begin)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - begin->tv_sec) * 1000000 +
           (now.tv_nsec - begin->tv_nsec) / 1000;
}

/* Until the last child has ended, which has a copy of the lock at first. */
static void await_lock(void)
{
    int lock = open("a.sock.lock", O_RDONLY | O_CREAT, 0600);
    if (lock == -1 || flock(lock, LOCK_EX) == -1)
        err(1, "lock");
    close(lock);
}

/* One client comes and goes, if it can. */
static void call(int type)
{
    int client = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    if (client == -1)
        err(1, "socket");
    if (connect(client, (const struct sockaddr *)&address,
                sizeof address) == 0)
        send(client, "x", 1, MSG_NOSIGNAL);
    close(client);
}

int main(int argc, char *argv[])
{
    int in_order = 0, by_signal = 0, otherwise = 0, left = 0;

    if (argc != 5)
        errx(2, "usage: end_at_random TIMES SIGNAL TYPE SERVER");
    int times = atoi(argv[1]), signal_number = atoi(argv[2]);
    int type = strcmp(argv[3], "datagram") == 0    ? SOCK_DGRAM
               : strcmp(argv[3], "seqpacket") == 0 ? SOCK_SEQPACKET
                                                   : SOCK_STREAM;
    srandom(getpid());

    for (int i = 0; i < times; i++) {
        struct timespec begin;
        struct stat file;
        int status;
        long moment = random() % SPAN;

        await_lock();
        clock_gettime(CLOCK_MONOTONIC, &begin);
        pid_t server = start(argv[4], signal_number);
        setpgid(server, server); /* whichever of us comes first */
        while (microseconds_since(&begin) < moment)
            call(type);
        kill(-server, signal_number);
        if (waitpid(server, &status, 0) == -1)
            err(1, "waitpid");
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            in_order++;
        else if (WIFSIGNALED(status) && WTERMSIG(status) == signal_number)
            by_signal++;
        else
            otherwise++;
        if (lstat(address.sun_path, &file) == 0) {
            left++;
            unlink(address.sun_path);
        }
    }
    printf("%d times: %d in order, %d before there was a file, "
           "%d otherwise; %d files left\n",
           times, in_order, by_signal, otherwise, left);
    return otherwise > 0 || left > 0 || in_order == 0;
}
