/*
 * server.c - echo lines to whoever may come in, as the kernel knows them
 *
 *     $ ./server creds.sock &
 *     server: listening on creds.sock
 *     $ echo 'this is a line' | ./client creds.sock
 *     server: pid 452 uid 1000 (ann) gid 1000 (ann): allowed, same user
 *     > this is a line
 *
 * First the lesson: main to refuse. Left out: a limit on how many clients
 * there are; asking again who is there. Who was let in stays, and so does
 * whomever it hands its socket to.
 */
#define _GNU_SOURCE /* accept4(2), struct ucred */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] = "usage: server [-g GROUP] PATH [GROUP...]\n";

enum {
    UNMAPPED = 65534, /* stands for any id without one in our namespace */
    TURN = 10,        /* milliseconds */
    MOST_TURNS = 100, /* that a refused caller may stay: one second */
};

static const gid_t anyone = -1; /* no -g: the file is for all groups */

/* The groups whose members may come in; without any, it is our user. */
struct guests {
    size_t count;
    gid_t *groups;
    char **names;
};

struct verdict {
    bool allowed;
    const char *reason, *group; /* "member of ", "bin" */
};

static gid_t group_option(int argc, char *argv[]);
static struct guests guests_called(char *names[]);
static gid_t gid_of(const char *name);
static int listen_on(const struct sockaddr_un *address, gid_t group);
static bool admit(int peer, const struct guests *guests);
static struct verdict judge(int peer, const struct ucred *caller,
                            const struct guests *guests);
static gid_t *groups_of(int peer, gid_t primary, size_t *count);
static bool is_among(gid_t gid, const gid_t *groups, size_t count);
static void echo_lines(int peer);
static void refuse(int peer);

/* below the line */
static void open_standard_streams(void);
static void survive_lost_log(void);
static void end_with_usage(int option);
static char **operands(int argc, char *argv[], int least, int most);
static struct sockaddr_un address_of(const char *path);
static int claim(const struct sockaddr_un *address);
static void remove_at_end(const struct sockaddr_un *address);
static int accept_from(int listener);
static pid_t fork_child(void);
static int send_all(int peer, const char *data, size_t length);

int main(int argc, char *argv[])
{
    open_standard_streams();
    survive_lost_log();
    gid_t group = group_option(argc, argv);
    char **operand = operands(argc, argv, 1, argc);
    struct sockaddr_un address = address_of(operand[0]);
    struct guests guests = guests_called(operand + 1);

    int lock = claim(&address); /* nobody else serves at this path */
    int listener = listen_on(&address, group);
    remove_at_end(&address);
    warnx("listening on %s", address.sun_path);

    for (;;) {
        int peer = accept_from(listener);
        if (fork_child() == 0) {
            close(listener);
            close(lock); /* a copy would keep the path locked */
            if (admit(peer, &guests))
                echo_lines(peer);
            else
                refuse(peer);
            free(guests.groups);
            exit(0);
        }
        close(peer); /* the child has its own */
    }
}

/* The group that -g gives the socket file to, or anyone. */
static gid_t group_option(int argc, char *argv[])
{
    gid_t group = anyone;

    for (int option; (option = getopt(argc, argv, "+g:h")) != -1;) {
        if (option != 'g')
            end_with_usage(option);
        group = gid_of(optarg);
    }
    return group;
}

/* The groups with these names; one that nobody has ends us. */
static struct guests guests_called(char *names[])
{
    struct guests guests = {.names = names};

    while (names[guests.count] != NULL)
        guests.count++;
    guests.groups = calloc(guests.count + 1, sizeof *guests.groups);
    if (guests.groups == NULL)
        err(1, "calloc");
    for (size_t i = 0; i < guests.count; i++)
        guests.groups[i] = gid_of(names[i]);
    return guests;
}

/* The gid of the group called name; a name that nobody has ends us. */
static gid_t gid_of(const char *name)
{
    struct group *group = getgrnam(name);
    if (group == NULL)
        errx(1, "group '%s' does not exist", name);
    return group->gr_gid;
}

/*
 * A listener whose file has its final mode and group before anyone can
 * connect: umask(2) rules the mode that bind gives it, and before listen
 * every connect is refused. Without a group, our own decision is the lock.
 */
static int listen_on(const struct sockaddr_un *address, gid_t group)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1)
        err(1, "socket");
    umask(group == anyone ? 0111 : 0117); /* 0666 or 0660 */
    if (bind(listener, (const struct sockaddr *)address, sizeof *address))
        err(1, "bind %s", address->sun_path);
    if (lchown(address->sun_path, -1, group)) {
        warn("chown %s", address->sun_path);
        unlink(address->sun_path);
        exit(1);
    }
    if (listen(listener, SOMAXCONN))
        err(1, "listen %s", address->sun_path);
    return listener;
}

static const char *user_name(uid_t uid)
{
    struct passwd *user = getpwuid(uid);
    return user ? user->pw_name : "no name";
}

static const char *group_name(gid_t gid)
{
    struct group *group = getgrgid(gid);
    return group ? group->gr_name : "no name";
}

/* Ask the kernel who is behind peer, decide, and log the decision. */
static bool admit(int peer, const struct guests *guests)
{
    struct ucred caller;
    socklen_t size = sizeof caller;

    /* of peer: the listener would name ourselves, and admit everybody */
    if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &caller, &size))
        err(1, "getsockopt SO_PEERCRED");
    struct verdict verdict = judge(peer, &caller, guests);
    warnx("pid %d uid %u (%s) gid %u (%s): %s, %s%s", caller.pid,
          caller.uid, user_name(caller.uid), caller.gid,
          group_name(caller.gid), verdict.allowed ? "allowed" : "refused",
          verdict.reason, verdict.group);
    return verdict.allowed;
}

/*
 * Whether the caller may come in: as a member of one of the groups, or, if
 * there are none, as the user who started us. Root is no exception.
 */
static struct verdict judge(int peer, const struct ucred *caller,
                            const struct guests *guests)
{
    struct verdict verdict = {false, "in none of the groups", ""};
    size_t count;

    if (caller->pid == 0 || caller->uid == UNMAPPED)
        return (struct verdict){false, "unknown in our namespace", ""};
    if (guests->count == 0 && caller->uid == getuid())
        return (struct verdict){true, "same user", ""};
    if (guests->count == 0)
        return (struct verdict){false, "another user", ""};

    gid_t *theirs = groups_of(peer, caller->gid, &count);
    for (size_t i = 0; i < guests->count && !verdict.allowed; i++)
        if (is_among(guests->groups[i], theirs, count))
            verdict =
                (struct verdict){true, "member of ", guests->names[i]};
    free(theirs);
    return verdict;
}

/*
 * The groups of the process behind peer when it connected: the primary one,
 * which is given, and the supplementary ones. Sets count, returns an array
 * from malloc(3).
 */
static gid_t *groups_of(int peer, gid_t primary, size_t *count)
{
    socklen_t size = 0;

    for (;;) {
        gid_t *groups = malloc(sizeof primary + size);
        if (groups == NULL)
            err(1, "malloc");
        groups[0] = primary;
        if (!getsockopt(peer, SOL_SOCKET, SO_PEERGROUPS, groups + 1,
                        &size)) {
            *count = 1 + size / sizeof primary;
            return groups;
        }
        if (errno != ERANGE) /* too small: size now says what it takes */
            err(1, "getsockopt SO_PEERGROUPS");
        free(groups);
    }
}

/* Whether gid is one of the count groups. An unmapped id is in none. */
static bool is_among(gid_t gid, const gid_t *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (groups[i] == gid && gid != UNMAPPED)
            return true;
    return false;
}

/* Send peer its lines back, each after "> ", until its end of file. */
static void echo_lines(int peer)
{
    char data[4096], reply[3 * sizeof data]; /* if each byte is a line */
    bool line_begins = true;

    for (;;) {
        ssize_t length = recv(peer, data, sizeof data, 0);
        if (length == -1 && errno == EINTR)
            continue;
        if (length < 1)
            return; /* 0: its end of file; -1: it has gone */

        size_t filled = 0;
        for (ssize_t i = 0; i < length; i++) {
            if (line_begins) {
                reply[filled++] = '>';
                reply[filled++] = ' ';
            }
            reply[filled++] = data[i];
            line_begins = data[i] == '\n';
        }
        if (send_all(peer, reply, filled) == -1)
            return;
    }
}

/*
 * Tell peer so, and close when it has read that, or after a second. Until
 * then we make room for what it sends: a send(2) that failed could keep it
 * from reading. One byte of it stays unread, and so the peer's next call
 * says ECONNRESET: this was no end in order.
 */
static void refuse(int peer)
{
    static const char refusal[] = "Unauthorized access\n";
    int on_its_way = send_all(peer, refusal, strlen(refusal)) == 0;

    for (int turn = 0; turn < MOST_TURNS && on_its_way; turn++) {
        char ignored[65536];
        int unread = 0;

        poll(NULL, 0, TURN);
        ioctl(peer, FIONREAD, &unread);
        if (unread > (int)sizeof ignored)
            unread = sizeof ignored;
        if (unread > 1)
            recv(peer, ignored, unread - 1, 0);
        ioctl(peer, TIOCOUTQ, &on_its_way); /* 0: peer has read it */
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

/* Send all of data to peer; -1 with errno set if it has gone. */
static int send_all(int peer, const char *data, size_t length)
{
    while (length > 0) {
        /* MSG_NOSIGNAL: a peer that has gone is EPIPE, not our SIGPIPE */
        ssize_t sent = send(peer, data, length, MSG_NOSIGNAL);
        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return -1;
        data += sent;
        length -= sent;
    }
    return 0;
}
