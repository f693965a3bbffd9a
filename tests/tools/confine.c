/*
 * confine.c - run what may hang, fork without end, or fill the disk
 *
 *     $ ./confine 1 sh -c 'sleep 100 & sleep 100'; echo $?
 *     confine: not over after 1 second
 *     124
 *
 * The command may use so many SECONDS, PROCESSES more than there are (or
 * what -p says), files of FILE_BYTES, and FOLDER_MIB (or what -f says) in
 * the current folder. With -m, it may use so many MiB of memory. Where
 * memory runs out, the kernel ends it first. It has no terminal, and no
 * descriptor of ours but 0 to 2. Whatever it has started is killed at its
 * end, also what is no child of it any more: as a subreaper (prctl(2)), we
 * inherit it. SIGTERM, SIGINT and SIGHUP end us in the same way. The exit
 * status is the command's, 128 and the number of the signal that ended it
 * or us, 124 after SECONDS, or 125 if the folder is too large.
 *
 * Where the kernel has Landlock (Linux 5.13, landlock(7)), it writes
 * nothing outside the current folder. With -x FOLDER, it cannot read what
 * is in this one either, unless that is in the current folder; and from
 * Linux 6.12 on, it sends no signal to anybody but those it has started.
 *
 * Left out: other folders are not looked at. Without Landlock, who wants to
 * get out, can, as far as the user may whom the command is run as.
 */
#define _GNU_SOURCE /* nftw(3) and more, with -std=c11 too */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIME_IS_UP = 124, FOLDER_IS_FULL = 125, NOT_RUN = 127 };
enum { PROCESSES = 500, FOLDER_MIB = 256, MOST_HIDDEN = 8 };
static const rlim_t FILE_BYTES = 64 << 20;

/* What a command may use, and what it must not see. */
struct limits {
    int seconds, folder_mib;
    rlim_t processes, memory;
    char *hidden[MOST_HIDDEN + 1]; /* a NULL ends them */
};

static void read_options(int argc, char *argv[], struct limits *limits);
static rlim_t processes_of_this_user(void);
static void run(char *command[], const struct limits *limits);
static void limit(int resource, rlim_t most);
static void fence_in(char *const hidden[]);
static int await(pid_t command, const struct limits *limits,
                 const sigset_t *signals);
static void end_all(void);

int main(int argc, char *argv[])
{
    struct limits limits = {.folder_mib = FOLDER_MIB,
                            .processes = PROCESSES,
                            .memory = RLIM_INFINITY};
    read_options(argc, argv, &limits);

    sigset_t awaited, before;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGHUP);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    sigprocmask(SIG_BLOCK, &awaited, &before);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1))
        err(NOT_RUN, "prctl");
    limits.processes += processes_of_this_user();

    pid_t command = fork();
    if (command == -1)
        err(NOT_RUN, "fork");
    if (command == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        run(argv + optind + 1, &limits);
    }

    int status = await(command, &limits, &awaited);
    end_all();
    return status;
}

static void read_options(int argc, char *argv[], struct limits *limits)
{
    int option, hidden = 0;

    while ((option = getopt(argc, argv, "+f:m:p:x:")) != -1) {
        if (option == 'f')
            limits->folder_mib = atoi(optarg);
        else if (option == 'm')
            limits->memory = (rlim_t)atoi(optarg) << 20;
        else if (option == 'p')
            limits->processes = atoi(optarg);
        else if (option != 'x' || hidden == MOST_HIDDEN)
            break;
        else if ((limits->hidden[hidden++] = realpath(optarg, NULL)) ==
                 NULL)
            err(2, "%s", optarg);
    }
    limits->seconds = optind < argc ? atoi(argv[optind]) : 0;
    if (option != -1 || argc - optind < 2 || limits->seconds < 1)
        errx(2, "usage: confine [-f MIB] [-m MIB] [-p PROCESSES]"
                " [-x FOLDER]... SECONDS COMMAND [ARG...]");
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

/* Become the command, within the limits. */
static void run(char *command[], const struct limits *limits)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid(); /* and so kill(0, SIGKILL) does not reach us */
    syscall(SYS_close_range, 3, ~0U, 0);
    unshare(CLONE_NEWIPC); /* for root: what it leaves there goes with it */

    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score != -1 && write(score, "1000", 4) == -1)
        warn("oom_score_adj"); /* it is run all the same */
    limit(RLIMIT_NPROC, limits->processes);
    limit(RLIMIT_FSIZE, FILE_BYTES);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_AS, limits->memory);
    fence_in(limits->hidden);
    execvp(command[0], command);
    err(NOT_RUN, "exec %s", command[0]);
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

/* --- Landlock: rights that a process has given up for good, by folder */

/* The header of Linux 6.1, as Debian 12 has it, lacks the last member. */
struct ruleset {
    __u64 handled_files, handled_network, scoped;
};
enum {
    READ = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
           LANDLOCK_ACCESS_FS_READ_DIR,
    TRUNCATE = 1 << 14, /* from version 3 on; REFER, before it, is of 2 */
    FOR_FILES = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE,
    SIGNALS = 1 << 1 /* in scoped, from version 6 on */
};

static void allow(int rules, const char *path, __u64 rights)
{
    int descriptor = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.allowed_access = rights,
                                              .parent_fd = descriptor};
    struct stat file;

    if (descriptor == -1)
        return; /* it has gone */
    if (fstat(descriptor, &file) == 0 && !S_ISDIR(file.st_mode))
        rule.allowed_access &= FOR_FILES;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule,
            0);
    close(descriptor);
}

/* Rights are given, never taken: to what is in folder, but is not hidden.
 */
static void allow_unless(char *const hidden[], int rules,
                         const char *folder)
{
    DIR *all = opendir(*folder ? folder : "/");

    if (all == NULL)
        return; /* who cannot look into it gets nothing there */
    for (struct dirent *each; (each = readdir(all)) != NULL;) {
        char path[PATH_MAX], next = 'n';
        int length =
            snprintf(path, sizeof path, "%s/%s", folder, each->d_name);
        if (strcmp(each->d_name, ".") == 0 ||
            strcmp(each->d_name, "..") == 0 || length >= (int)sizeof path)
            continue;
        for (char *const *h = hidden; *h != NULL && next != '\0'; h++)
            if (strncmp(*h, path, length) == 0 &&
                ((*h)[length] == '\0' || (*h)[length] == '/'))
                next = (*h)[length];
        if (next == '/') /* one of them is below it */
            allow_unless(hidden, rules, path);
        else if (next != '\0')
            allow(rules, path, READ);
    }
    closedir(all);
}

static void fence_in(char *const hidden[])
{
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
                               LANDLOCK_CREATE_RULESET_VERSION);
    __u64 all = (1 << (version < 3 ? 12 + version : 15)) - 1;
    struct ruleset ours = {.handled_files = hidden[0] ? all : all & ~READ};

    if (version < 1)
        return; /* this kernel has none, or it is switched off */
    if (hidden[0] != NULL && version >= 6)
        ours.scoped = SIGNALS;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &ours,
                             version >= 6 ? sizeof ours : 8, 0);
    if (rules == -1)
        err(NOT_RUN, "landlock_create_ruleset");
    allow(rules, ".", ours.handled_files);
    allow(rules, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE);
    allow(rules, "/dev/full", LANDLOCK_ACCESS_FS_WRITE_FILE);
    if (hidden[0] != NULL)
        allow_unless(hidden, rules, "");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        syscall(SYS_landlock_restrict_self, rules, 0))
        err(NOT_RUN, "landlock_restrict_self");
    close(rules);
}

/* --- until it is over */

static long long folder_bytes; /* nftw(3) has no other way to pass it */

static int add_size(const char *path, const struct stat *file, int type,
                    struct FTW *where)
{
    (void)path, (void)type, (void)where;
    folder_bytes += file->st_blocks * 512LL + 4096; /* the file itself */
    return 0;
}

/* Whether it is, or has paths that are too long to look at. */
static int is_too_large(int mib)
{
    folder_bytes = 0;
    return (nftw(".", add_size, 16, FTW_PHYS) && errno == ENAMETOOLONG) ||
           folder_bytes >> 20 > mib;
}

/*
 * Wait for command, no longer than its time, no longer than the folder is
 * small, and until one of the signals other than SIGCHLD comes. Returns an
 * exit status.
 */
static int await(pid_t command, const struct limits *limits,
                 const sigset_t *signals)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    time_t end = time(NULL) + limits->seconds;

    for (;;) {
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == command)
                return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                           : WEXITSTATUS(status);
        if (time(NULL) > end) {
            warnx("not over after %d second%s", limits->seconds,
                  limits->seconds == 1 ? "" : "s");
            return TIME_IS_UP;
        }
        if (is_too_large(limits->folder_mib)) {
            warnx("more than %d MiB of files", limits->folder_mib);
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

/*
 * Until nothing is left: what is stopped first cannot fork any more. The
 * list of children may lack one while others end, so we look again.
 */
static void end_all(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    for (;;) {
        signal_below(getpid(), SIGSTOP);
        signal_below(getpid(), SIGKILL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        if (waitpid(-1, NULL, WNOHANG) == -1)
            return; /* there is none: ECHILD */
        nanosleep(&pause, NULL);
    }
}
