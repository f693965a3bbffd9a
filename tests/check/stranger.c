/*
 * stranger.c - do to a server what nobody asked for, and see it serve on
 *
 *     $ ./stranger -n 1000 descriptors lines creds.sock 452
 *     14 held before and after, 0 times refused
 *
 * A client does something strange COUNT times. After each of them it sends
 * a line and must get the right answer; in the end, so must a new client.
 * What is strange:
 *     descriptors  the most that can be come along with each line; the
 *                  server, whose PID follows, and its children must not
 *                  hold more of them after the last than after the first.
 *                  Where the kernel refuses them for the server, EPERM, the
 *                  line comes alone
 *     forged       a line comes with a wrong pid, uid or gid, by an
 *                  ordinary user: EPERM, and it is not sent
 *     pretended    the same by root, who may
 *     types        a socket of each other type connects: EPROTOTYPE, or, as
 *                  each type has abstract names of its own, ECONNREFUSED
 * SERVICE and ADDRESS are those of fuzz.c.
 */
#define _GNU_SOURCE /* struct ucred */
#include <err.h>
#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    MOST = 253,       /* descriptors in one message: the kernel's limit */
    PATIENCE = 10000, /* milliseconds */
};

static const struct service {
    const char *name;
    int type;
    const char *answer; /* to "hello\n" */
} services[] = {
    {"echo", SOCK_STREAM, "hello\n"},
    {"capitals", SOCK_DGRAM, "HELLO\n"},
    {"records", SOCK_SEQPACKET, "hello\n"},
    {"copy", SOCK_STREAM, "hello\n"},
    {"lines", SOCK_STREAM, "> hello\n"},
};
static const struct service *service;
static struct sockaddr_un address;
static socklen_t address_size;
static long number; /* of the strange thing under way */

/* --- an ordinary client */

static int new_socket(int type)
{
    sa_family_t autobind = AF_UNIX; /* any name: for a datagram's answer */
    int server = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    if (server == -1)
        err(1, "socket");
    if (bind(server, (struct sockaddr *)&autobind, sizeof autobind))
        err(1, "bind");
    return server;
}

static int new_client(void)
{
    int server = new_socket(service->type);

    if (connect(server, (struct sockaddr *)&address, address_size))
        err(1, "connect after %ld", number);
    return server;
}

/* Send a line with size bytes of ancillary data; as sendmsg(2) returns. */
static ssize_t send_with(int server, int kind, const void *data,
                         size_t size)
{
    static _Alignas(
        struct cmsghdr) char control[CMSG_SPACE((MOST + 1) * sizeof(int))];
    char line[] = "hello\n";
    struct iovec text = {.iov_base = line, .iov_len = strlen(line)};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1};

    if (size > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = kind;
        header->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(header), data, size);
    }
    return sendmsg(server, &message, MSG_NOSIGNAL);
}

/* The right answer to one line is what answers brings next. */
static void expect_answer(int answers)
{
    char answer[64] = "";
    size_t length = 0, whole = strlen(service->answer);
    struct pollfd input = {.fd = answers, .events = POLLIN};

    while (length < whole) {
        if (poll(&input, 1, PATIENCE) != 1)
            errx(1, "number %ld: no answer", number);
        ssize_t got = read(answers, answer + length, whole - length);
        if (got == -1)
            err(1, "number %ld: read the answer", number);
        if (got == 0)
            errx(1, "number %ld: the server closed the connection", number);
        length += got;
    }
    if (memcmp(answer, service->answer, whole) != 0)
        errx(1, "number %ld: the answer is '%.*s'", number, (int)whole,
             answer);
}

static void expect_service(int server, int answers)
{
    if (send_with(server, 0, NULL, 0) == -1)
        err(1, "number %ld: send", number);
    expect_answer(answers);
}

/* --- strange things */

static size_t descriptors_of(int pid)
{
    char pattern[64];
    glob_t files;

    snprintf(pattern, sizeof pattern, "/proc/%d/fd/*", pid);
    if (glob(pattern, 0, NULL, &files) != 0)
        return 0; /* it has ended */
    size_t count = files.gl_pathc;
    globfree(&files);
    return count;
}

static size_t descriptors_of_all(int server)
{
    char path[64];
    size_t count = descriptors_of(server);

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", server,
             server);
    FILE *children = fopen(path, "r");
    if (children == NULL)
        err(1, "open %s", path);
    for (int child; fscanf(children, "%d", &child) == 1;)
        count += descriptors_of(child);
    fclose(children);
    return count;
}

static void pass_descriptors(int server, int answers, long count, int pid)
{
    int descriptors[MOST + 1] = {0}; /* standard input, so many times */
    size_t before = 0, after;
    long refused = 0;

    for (number = 1; number <= count; number++) {
        if (send_with(server, SCM_RIGHTS, descriptors,
                      MOST * sizeof descriptors[0]) != -1) {
            expect_answer(answers);
        } else if (errno == EPERM) {
            refused++;
            expect_service(server, answers);
        } else {
            err(1, "number %ld: send %d descriptors", number, MOST);
        }
        if (number == 1)
            before = descriptors_of_all(pid);
    }
    after = descriptors_of_all(pid);
    if (before == 0 || after > before)
        errx(1, "%zu descriptors before, %zu after", before, after);
    if (send_with(server, SCM_RIGHTS, descriptors, sizeof descriptors) !=
            -1 ||
        errno != EINVAL)
        err(1, "%d descriptors, which is one too many: sent", MOST + 1);
    printf("%zu held before and after, %ld times refused\n", before,
           refused);
}

/* Somebody else's pid, uid or gid, in turn. */
static void forge(int server, int answers, long count)
{
    for (number = 1; number <= count; number++) {
        struct ucred claim = {getpid(), geteuid(), getegid()};
        claim.pid += number % 3 == 0;
        claim.uid += number % 3 == 1;
        claim.gid += number % 3 == 2;
        if (send_with(server, SCM_CREDENTIALS, &claim, sizeof claim) != -1)
            errx(1, "number %ld: forged credentials are sent", number);
        if (errno != EPERM)
            err(1, "number %ld: not EPERM", number);
        expect_service(server, answers);
    }
    printf("%ld times EPERM\n", count);
}

static void pretend(int server, int answers, long count)
{
    struct ucred claim = {.pid = 1, .uid = 12345, .gid = 12345};

    for (number = 1; number <= count; number++) {
        if (send_with(server, SCM_CREDENTIALS, &claim, sizeof claim) == -1)
            err(1, "number %ld: send", number);
        expect_answer(answers);
    }
    printf("%ld times sent\n", count);
}

static void try_types(int server, int answers, long count)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    int refusal = address.sun_path[0] ? EPROTOTYPE : ECONNREFUSED;

    for (number = 1; number <= count; number++) {
        for (size_t i = 0; i < 3; i++) {
            if (types[i] == service->type)
                continue;
            int wrong = new_socket(types[i]);
            if (connect(wrong, (struct sockaddr *)&address, address_size) !=
                -1)
                errx(1, "number %ld: a wrong type connects", number);
            if (errno != refusal)
                err(1, "number %ld: not %s", number, strerror(refusal));
            close(wrong);
        }
        expect_service(server, answers);
    }
    printf("%ld times: %s\n", 2 * count, strerror(refusal));
}

/* --- what the operands say */

static void usage(void)
{
    errx(2, "usage: stranger [-n COUNT] "
            "descriptors|forged|pretended|types SERVICE ADDRESS [PID]");
}

static const struct service *service_of(const char *name)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (strcmp(name, services[i].name) == 0)
            return &services[i];
    usage();
    return NULL;
}

static void set_address(const char *name)
{
    size_t length = strlen(name);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "address %s: does not fit", name);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    address_size = offsetof(struct sockaddr_un, sun_path) + length;
}

int main(int argc, char *argv[])
{
    long count = 1000;

    for (int option; (option = getopt(argc, argv, "n:")) != -1;) {
        if (option != 'n')
            usage();
        count = atol(optarg);
    }
    if (argc - optind < 3 || argc - optind > 4)
        usage();
    const char *what = argv[optind];
    service = service_of(argv[optind + 1]);
    set_address(argv[optind + 2]);
    int pid = argc - optind == 4 ? atoi(argv[optind + 3]) : 0;

    int server = new_client();
    int answers =
        strcmp(service->name, "copy") == 0 ? STDIN_FILENO : server;
    if (strcmp(what, "descriptors") == 0)
        pass_descriptors(server, answers, count, pid);
    else if (strcmp(what, "forged") == 0)
        forge(server, answers, count);
    else if (strcmp(what, "pretended") == 0)
        pretend(server, answers, count);
    else if (strcmp(what, "types") == 0)
        try_types(server, answers, count);
    else
        usage();
    close(server);

    server = new_client();
    expect_service(server, answers == STDIN_FILENO ? answers : server);
    close(server);
    return 0;
}
