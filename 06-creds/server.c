/*
 * server.c - echo lines to whoever may come in, as the kernel knows them
 *
 *     $ ./server creds.sock &
 *     server: listening on creds.sock
 *     $ echo 'this is a line' | ./client creds.sock
 *     server: pid 452 uid 1000 (ann) gid 1000 (ann): allowed, same user
 *     > this is a line
 *
 * 1. claim the path   2. socket, bind with the final mode, listen   3. for
 * each client: accept, fork; the child asks who calls, logs its decision,
 * and echoes or refuses   4. SIGINT or SIGTERM: unlink
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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    UNMAPPED = 65534, /* stands for any id without one in our namespace */
    REASON_SIZE = 64, /* "member of" and a name of 32 bytes, useradd(8) */
};

static const char *socket_path; /* what the signal handler removes */

static void remove_socket_and_exit(int signal_number)
{
    struct stat file;

    (void)signal_number;
    if (lstat(socket_path, &file) == 0 && S_ISSOCK(file.st_mode))
        unlink(socket_path);
    _exit(0);
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
            "usage: server [-g GROUP] PATH [GROUP...]\n");
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

/* The gid of the group called name; a name that nobody has ends us. */
static gid_t gid_of(const char *name)
{
    struct group *group = getgrnam(name);
    if (group == NULL)
        errx(1, "group '%s' does not exist", name);
    return group->gr_gid;
}

/*
 * Make the path ours, and free for bind(2) where a dead server left its
 * socket. Returns the lock on PATH.lock, which lasts until its last copy is
 * closed, however we end. PATH.lock is never removed: after that, two
 * servers could each hold the lock on a file of this name.
 */
static int claim(const struct sockaddr_un *address)
{
    const char *path = address->sun_path;
    char lock_path[sizeof address->sun_path + sizeof ".lock"];

    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    int flags = O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    int lock = open(lock_path, flags, 0600);
    if (lock == -1)
        err(1, "open %s", lock_path);
    if (flock(lock, LOCK_EX | LOCK_NB) == -1) {
        if (errno != EWOULDBLOCK)
            err(1, "flock %s", lock_path);
        errno = EADDRINUSE; /* by the server that holds the lock */
        err(1, "bind %s", path);
    }

    struct stat file;
    if (lstat(path, &file) == -1 || !S_ISSOCK(file.st_mode))
        return lock; /* nothing is there, or what bind refuses to touch */

    /*
     * Somebody may live there who knows nothing of our lock. To ask with a
     * datagram socket leaves them nothing to accept: a live stream socket
     * answers EPROTOTYPE, and ECONNREFUSED means that its owner is dead.
     */
    int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe == -1)
        err(1, "socket");
    int answer =
        connect(probe, (const struct sockaddr *)address, sizeof *address);
    if (answer == -1 && errno == ECONNREFUSED && unlink(path) == -1)
        err(1, "unlink %s", path);
    close(probe);
    return lock; /* where somebody lives, bind says so */
}

/*
 * A listener whose file has its final mode and group before anyone can
 * connect: umask(2) rules the mode that bind gives it, and before listen
 * every connect is refused. The group (gid_t)-1 means as it is.
 */
static int listen_on(const struct sockaddr_un *address, mode_t mode,
                     gid_t group)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1)
        err(1, "socket");
    umask(0777 & ~mode);
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
 * What a child must not keep of its server: the handler, which removes the
 * socket file, and the signals held back. Nor must it outlive its server.
 */
static void become_child_of(pid_t server)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != server)
        exit(0); /* the server ended before prctl */
    hold_signals(SIG_UNBLOCK);
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

/*
 * Whether the caller may come in: as a member of one of the count groups,
 * or, if there are none, as the user who started us. Root is no exception.
 */
static bool may_enter(int peer, const struct ucred *caller,
                      const gid_t *groups, size_t count,
                      char reason[REASON_SIZE])
{
    if (caller->pid == 0 || caller->uid == UNMAPPED) {
        snprintf(reason, REASON_SIZE, "unknown in our namespace");
        return false;
    }
    if (count == 0) {
        bool same = caller->uid == getuid();
        snprintf(reason, REASON_SIZE, same ? "same user" : "another user");
        return same;
    }

    size_t their_count;
    gid_t *theirs = groups_of(peer, caller->gid, &their_count);
    bool member = false;
    snprintf(reason, REASON_SIZE, "in none of the groups");
    for (size_t i = 0; i < count && !member; i++) {
        member = is_among(groups[i], theirs, their_count);
        if (member)
            snprintf(reason, REASON_SIZE, "member of %s",
                     group_name(groups[i]));
    }
    free(theirs);
    return member;
}

/* Ask the kernel who is behind peer, decide, and log the decision. */
static bool admit(int peer, const gid_t *groups, int count)
{
    struct ucred caller;
    socklen_t size = sizeof caller;
    char reason[REASON_SIZE];

    /* of peer: the listener would name ourselves, and admit everybody */
    if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &caller, &size))
        err(1, "getsockopt SO_PEERCRED");
    bool allowed = may_enter(peer, &caller, groups, count, reason);
    warnx("pid %d uid %u (%s) gid %u (%s): %s, %s", caller.pid, caller.uid,
          user_name(caller.uid), caller.gid, group_name(caller.gid),
          allowed ? "allowed" : "refused", reason);
    return allowed;
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

/* Send peer its lines back, each after "> ", until its end of file. */
static void echo_lines(int peer)
{
    char data[4096], reply[3 * sizeof data]; /* if each byte is a line */
    bool line_begins = true;

    for (;;) {
        ssize_t length = recv(peer, data, sizeof data, 0);
        if (length == 0)
            return;
        if (length == -1 && errno == EINTR)
            continue;
        if (length == -1)
            return; /* it has gone, and need not say why */

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

/* Serve peer, if it may come in. */
static void serve(int peer, const gid_t *groups, int count)
{
    static const char refusal[] = "Unauthorized access\n";

    if (admit(peer, groups, count))
        echo_lines(peer);
    else
        send_all(peer, refusal, strlen(refusal));
}

int main(int argc, char *argv[])
{
    mode_t mode = 0666;      /* whoever is let in by us may call */
    gid_t owner = (gid_t)-1; /* the group of the file: as it comes */

    open_standard_streams();
    setlinebuf(stderr); /* whole lines, whoever else writes there */
    for (int option; (option = getopt(argc, argv, "+g:h")) != -1;) {
        if (option != 'g')
            usage(option == 'h' ? 0 : 2);
        mode = 0660;
        owner = gid_of(optarg);
    }
    if (argc == optind)
        usage(2);
    struct sockaddr_un address = address_of(argv[optind]);
    int count = argc - optind - 1;
    gid_t *groups = calloc(count + 1, sizeof *groups);
    if (groups == NULL)
        err(1, "calloc");
    for (int i = 0; i < count; i++)
        groups[i] = gid_of(argv[optind + 1 + i]);

    hold_signals(SIG_BLOCK); /* until there is a file to remove */
    int lock = claim(&address);
    int listener = listen_on(&address, mode, owner);
    socket_path = address.sun_path;
    struct sigaction ending = {.sa_handler = remove_socket_and_exit};
    sigaction(SIGINT, &ending, NULL);
    sigaction(SIGTERM, &ending, NULL);
    signal(SIGCHLD, SIG_IGN); /* the kernel reaps the children */
    hold_signals(SIG_UNBLOCK);
    warnx("listening on %s", socket_path);

    pid_t server = getpid();
    for (;;) {
        int peer = accept_from(listener);
        hold_signals(SIG_BLOCK); /* a child must not run our handler */
        pid_t child = fork();
        if (child == -1)
            warn("fork for a client"); /* it is dropped, the next may do */
        if (child == 0) {
            become_child_of(server);
            close(listener);
            close(lock); /* a copy would keep the path locked */
            serve(peer, groups, count);
            free(groups);
            exit(0);
        }
        hold_signals(SIG_UNBLOCK);
        close(peer);
    }
}
