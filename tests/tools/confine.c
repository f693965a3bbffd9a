/*
 * confine.c - run what may hang, fork without end, or fill the disk
 *
 *     $ ./confine 1 sh -c 'sleep 100 & sleep 100'; echo $?
 *     confine: not over after 1 second
 *     124
 *
 * The command may use so many SECONDS, PROCESSES more than there are,
 * files of FILE_BYTES, and FOLDER_BYTES in the current folder. With -m, it
 * may use so many MiB of memory. Whatever it has started is killed at its
 * end, also what is no child of it any more: as a subreaper (prctl(2)), we
 * inherit it. SIGTERM, SIGINT and SIGHUP end us in the same way. The exit
 * status is the command's, 128 and the number of the signal that ended it
 * or us, 124 after SECONDS, or 125 if the folder is too large.
 *
 * Left out: who wants to get out, can, and other folders are not looked at.
 */
#define _GNU_SOURCE /* nftw(3) and more, with -std=c11 too */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIME_IS_UP = 124, FOLDER_IS_FULL = 125, NOT_RUN = 127 };
enum { PROCESSES = 100 };
static const rlim_t FILE_BYTES = 64 << 20;
static const long long FOLDER_BYTES = 256 << 20;

static rlim_t processes_of_this_user(void);
static void limit(int resource, rlim_t most);
static int await(pid_t command, int seconds, const sigset_t *signals);
static void end_all(void);

int main(int argc, char *argv[])
{
    rlim_t memory = RLIM_INFINITY;

    int option = getopt(argc, argv, "+m:");
    if (option == 'm')
        memory = (rlim_t)atoi(optarg) << 20;
    int seconds = optind < argc ? atoi(argv[optind]) : 0;
    if (option == '?' || argc - optind < 2 || seconds < 1)
        errx(2, "usage: confine [-m MIB] SECONDS COMMAND [ARG...]");

    sigset_t awaited, before;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGHUP);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    sigprocmask(SIG_BLOCK, &awaited, &before);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1))
        err(NOT_RUN, "prctl");
    rlim_t running = processes_of_this_user();

    pid_t command = fork();
    if (command == -1)
        err(NOT_RUN, "fork");
    if (command == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        limit(RLIMIT_NPROC, running + PROCESSES);
        limit(RLIMIT_FSIZE, FILE_BYTES);
        limit(RLIMIT_CORE, 0);
        limit(RLIMIT_AS, memory);
        execvp(argv[optind + 1], argv + optind + 1);
        err(NOT_RUN, "exec %s", argv[optind + 1]);
    }

    int status = await(command, seconds, &awaited);
    end_all();
    return status;
}

/* Their number, and that of their threads: RLIMIT_NPROC counts them all. */
static rlim_t processes_of_this_user(void)
{
    DIR *all = opendir("/proc");
    rlim_t count = 0;

    if (all == NULL)
        err(NOT_RUN, "opendir /proc");
    for (struct dirent *each; (each = readdir(all)) != NULL;) {
        char path[sizeof each->d_name + sizeof "/proc//task"];
        struct stat task;
        snprintf(path, sizeof path, "/proc/%s/task", each->d_name);
        if (stat(path, &task) == 0 && task.st_uid == getuid())
            count += task.st_nlink - 2; /* its folders, one a thread */
    }
    closedir(all);
    return count;
}

static void limit(int resource, rlim_t most)
{
    struct rlimit now;

    getrlimit(resource, &now);
    if (most < now.rlim_max)
        now.rlim_max = most; /* RLIM_INFINITY is the largest number */
    now.rlim_cur = now.rlim_max;
    if (setrlimit(resource, &now))
        err(NOT_RUN, "setrlimit");
}

static long long folder_bytes; /* nftw(3) has no other way to pass it */

static int add_size(const char *path, const struct stat *file, int type,
                    struct FTW *where)
{
    (void)path, (void)type, (void)where;
    folder_bytes += file->st_blocks * 512LL;
    return 0;
}

/*
 * Wait for command, no longer than so many seconds, no longer than the
 * folder is small, and until one of the signals other than SIGCHLD comes.
 * Returns an exit status.
 */
static int await(pid_t command, int seconds, const sigset_t *signals)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    time_t end = time(NULL) + seconds;

    for (;;) {
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == command)
                return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                           : WEXITSTATUS(status);
        if (time(NULL) > end) {
            warnx("not over after %d second%s", seconds,
                  seconds == 1 ? "" : "s");
            return TIME_IS_UP;
        }
        folder_bytes = 0;
        nftw(".", add_size, 16, FTW_PHYS);
        if (folder_bytes > FOLDER_BYTES) {
            warnx("more than %lld MiB of files", FOLDER_BYTES >> 20);
            return FOLDER_IS_FULL;
        }
        int number = sigtimedwait(signals, NULL, &pause);
        if (number > 0 && number != SIGCHLD)
            return 128 + number;
    }
}

/* Send a signal to all that pid has started, and to what these have. */
static void signal_below(pid_t pid, int number)
{
    char path[64];
    int child;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *children = fopen(path, "re");
    if (children == NULL)
        return; /* it has ended */
    while (fscanf(children, "%d", &child) == 1) {
        kill(child, number);
        signal_below(child, number);
    }
    fclose(children);
}

/* Until nothing is left: what is stopped first cannot fork any more. */
static void end_all(void)
{
    do {
        signal_below(getpid(), SIGSTOP);
        signal_below(getpid(), SIGKILL);
    } while (waitpid(-1, NULL, 0) > 0);
}
