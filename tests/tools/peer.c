/*
 * peer.c - a socket that does what a test tells it, step by step
 *
 *     $ ./peer stream connect echo.sock send hello receive
 *     hello
 *
 * A client that leaves early, a server that never answers, a stranger: what
 * lessons' programs do not do, but meet. The steps run in the order given,
 * and the first that fails ends peer with status 1 and a line.
 */
#define _GNU_SOURCE /* accept4(2) */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "usage: peer [-p COUNT] [-r COUNT] [-t SECONDS]\n"
    "            stream|datagram|seqpacket STEP...\n"
    "  bind ADDRESS         connect ADDRESS      (@NAME is abstract, and\n"
    "                       an empty one is any that is free)\n"
    "  listen               accept               the peer takes over\n"
    "  send TEXT            sendto ADDRESS TEXT\n"
    "  pass TEXT            send TEXT, and a descriptor that is slow to "
    "close:\n"
    "                       a TCP socket with data that nobody reads\n"
    "  receive              print what one recv(2) brings, as a line\n"
    "                       (a NUL in it is \\0)\n"
    "  readable             wait for something to receive, and leave it\n"
    "  drain                receive until the end, print how many bytes\n"
    "  copy                 receive until the end, print it as it is\n"
    "  upload               send standard input\n"
    "  hex DIGITS           send these bytes, as in 00ff\n"
    "  end                  receive the end of file, and nothing else\n"
    "  echo                 receive from anyone, and answer with the same\n"
    "  record SIZE          send SIZE bytes at once, get the same back\n"
    "  largest              print the largest record that can be sent\n"
    "  room SIZE            ask for a send buffer of SIZE bytes\n"
    "  fill                 send until nothing moves for 0.1 s\n"
    "  shutdown             half-close\n"
    "  deaf                 half-close the other half: receive no more\n"
    "  print TEXT           say how far we are\n"
    "  tell TEXT            say it on standard error\n"
    "  wait                 until standard input ends\n"
    "  die                  by SIGKILL\n"
    "With -r, all steps COUNT times, each time with a new socket; with\n"
    "-p, all that in COUNT processes at once. With -t, each of them ends\n"
    "after this time at the latest, with timeout(1)'s status 124.\n";

enum { BUFFER_SIZE = 1 << 20 }; /* more than any record */
static char buffer[BUFFER_SIZE];

static void usage(int status)
{
    fputs(help, status == 0 ? stdout : stderr);
    exit(status);
}

static socklen_t make_address(const char *name, struct sockaddr_un *address)
{
    size_t length = strlen(name);

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length > sizeof address->sun_path)
        errx(1, "address %s is too long", name);
    memcpy(address->sun_path, name, length);
    if (name[0] == '@')
        address->sun_path[0] = '\0';
    return offsetof(struct sockaddr_un, sun_path) + length +
           (length > 0 && name[0] != '@' &&
            length < sizeof address->sun_path);
}

/* Send size bytes, no two neighbours alike; they must come back as sent. */
static void exchange_record(int fd, size_t size)
{
    static char answer[BUFFER_SIZE];

    if (size > sizeof buffer)
        errx(1, "record %zu: larger than any", size);
    for (size_t i = 0; i < size; i++)
        buffer[i] = i * 31 + i / 256;
    if (send(fd, buffer, size, MSG_NOSIGNAL) == -1)
        err(1, "record %zu", size);
    ssize_t length = recv(fd, answer, sizeof answer, MSG_TRUNC);
    if (length == -1)
        err(1, "record %zu", size);
    if ((size_t)length != size)
        errx(1, "record %zu: %zd bytes came back", size, length);
    if (memcmp(buffer, answer, size) != 0)
        errx(1, "record %zu: other bytes came back", size);
}

/* Print what the buffer has as a line; a NUL, which shells lose, as \0. */
static void print_line(size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (buffer[i] == '\0')
            fputs("\\0", stdout);
        else
            putchar(buffer[i]);
    putchar('\n');
}

/* Receive until the end of file. Returns how many bytes that were. */
static size_t drain(int fd)
{
    for (size_t size = 0;;) {
        ssize_t length = recv(fd, buffer, sizeof buffer, 0);
        if (length == -1)
            err(1, "drain");
        if (length == 0)
            return size;
        size += length;
    }
}

/* Receive until the end of file, and print just that. */
static void copy(int fd)
{
    ssize_t length;

    while ((length = recv(fd, buffer, sizeof buffer, 0)) > 0)
        if (fwrite(buffer, 1, length, stdout) != (size_t)length)
            err(1, "copy");
    if (length == -1)
        err(1, "copy");
}

/* Send what standard input has, until its end. */
static void upload(int fd)
{
    ssize_t length;

    while ((length = read(STDIN_FILENO, buffer, sizeof buffer)) > 0)
        if (send(fd, buffer, length, MSG_NOSIGNAL) == -1)
            err(1, "upload");
}

/* Send bytes that are written as hexadecimal digits. */
static void send_hex(int fd, const char *digits)
{
    size_t size = strlen(digits) / 2;

    for (size_t i = 0; i < size; i++)
        if (sscanf(digits + 2 * i, "%2hhx", (unsigned char *)&buffer[i]) !=
            1)
            errx(1, "hex %s: no digits", digits);
    if (send(fd, buffer, size, MSG_NOSIGNAL) == -1)
        err(1, "hex");
}

/* Send until peer has not made room for 100 ms: it has stopped reading. */
static void fill(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};

    while (poll(&room, 1, 100) == 1)
        if (send(fd, buffer, 4096, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 &&
            errno != EAGAIN)
            err(1, "fill");
}

/* Wait until there is something to receive. */
static void await_input(int fd)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};

    if (poll(&input, 1, -1) == -1)
        err(1, "readable");
}

/* How many bytes one datagram or record can hold: measured, Linux 6.18. */
static int largest_record(int fd)
{
    int size;
    socklen_t length = sizeof size;

    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length))
        err(1, "getsockopt SO_SNDBUF");
    return size - 32;
}

/*
 * A TCP socket whose last close(2) takes until we end: so long its data
 * waits for a reader, and SO_LINGER for the data.
 */
static int slow_descriptor(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof any;
    struct linger patience = {.l_onoff = 1, .l_linger = 60};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int slow = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener == -1 || slow == -1 ||
        bind(listener, (struct sockaddr *)&any, size) ||
        getsockname(listener, (struct sockaddr *)&any, &size) ||
        listen(listener, 1) ||
        connect(slow, (struct sockaddr *)&any, size) ||
        setsockopt(slow, SOL_SOCKET, SO_LINGER, &patience, sizeof patience))
        err(1, "a TCP socket");
    while (send(slow, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
        continue;
    return slow;
}

/* Send text, and with it a slow descriptor, of which we keep no copy. */
static void pass(int fd, char *text)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header; /* for its alignment */
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                            .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS}};
    struct iovec data = {text, strlen(text)};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.bytes};
    int slow = slow_descriptor();

    memcpy(CMSG_DATA(&control.header), &slow, sizeof slow);
    if (sendmsg(fd, &message, MSG_NOSIGNAL) == -1)
        err(1, "pass");
    close(slow);
}

/* Run one step on *fd; words holds it and what follows. Returns its words.
 */
static int run_step(int *fd, char **words)
{
    struct sockaddr_un address;
    socklen_t size;
    ssize_t length;
    const char *step = words[0], *text = words[1];

    if (!strcmp(step, "listen")) {
        if (listen(*fd, SOMAXCONN))
            err(1, "listen");
    } else if (!strcmp(step, "accept")) {
        int peer = accept4(*fd, NULL, NULL, SOCK_CLOEXEC);
        if (peer == -1)
            err(1, "accept");
        close(*fd);
        *fd = peer;
    } else if (!strcmp(step, "receive")) {
        length = recv(*fd, buffer, sizeof buffer, 0);
        if (length == -1)
            err(1, "receive");
        print_line(length);
    } else if (!strcmp(step, "readable")) {
        await_input(*fd);
    } else if (!strcmp(step, "end")) {
        length = recv(*fd, buffer, sizeof buffer, 0);
        if (length == -1)
            err(1, "end");
        if (length > 0)
            errx(1, "end: %zd bytes came", length);
    } else if (!strcmp(step, "echo")) {
        size = sizeof address;
        length = recvfrom(*fd, buffer, sizeof buffer, 0,
                          (struct sockaddr *)&address, &size);
        if (length == -1 ||
            sendto(*fd, buffer, length, MSG_NOSIGNAL,
                   size ? (struct sockaddr *)&address : NULL, size) == -1)
            err(1, "echo");
    } else if (!strcmp(step, "largest")) {
        printf("%d\n", largest_record(*fd));
    } else if (!strcmp(step, "drain")) {
        printf("%zu\n", drain(*fd));
    } else if (!strcmp(step, "copy")) {
        copy(*fd);
    } else if (!strcmp(step, "upload")) {
        upload(*fd);
    } else if (!strcmp(step, "fill")) {
        fill(*fd);
    } else if (!strcmp(step, "shutdown")) {
        if (shutdown(*fd, SHUT_WR))
            err(1, "shutdown");
    } else if (!strcmp(step, "deaf")) {
        if (shutdown(*fd, SHUT_RD))
            err(1, "deaf");
    } else if (!strcmp(step, "wait")) {
        while (read(STDIN_FILENO, buffer, sizeof buffer) > 0)
            continue;
    } else if (!strcmp(step, "die")) {
        raise(SIGKILL);
    } else if (text == NULL) {
        usage(2);
    } else if (!strcmp(step, "bind")) {
        size = make_address(text, &address);
        if (bind(*fd, (struct sockaddr *)&address, size))
            err(1, "bind %s", text);
        return 2;
    } else if (!strcmp(step, "connect")) {
        size = make_address(text, &address);
        if (connect(*fd, (struct sockaddr *)&address, size))
            err(1, "connect %s", text);
        return 2;
    } else if (!strcmp(step, "send")) {
        if (send(*fd, text, strlen(text), MSG_NOSIGNAL) == -1)
            err(1, "send");
        return 2;
    } else if (!strcmp(step, "hex")) {
        send_hex(*fd, text);
        return 2;
    } else if (!strcmp(step, "pass")) {
        pass(*fd, words[1]);
        return 2;
    } else if (!strcmp(step, "sendto") && words[2] != NULL) {
        size = make_address(text, &address);
        if (sendto(*fd, words[2], strlen(words[2]), MSG_NOSIGNAL,
                   (struct sockaddr *)&address, size) == -1)
            err(1, "sendto %s", text);
        return 3;
    } else if (!strcmp(step, "record")) {
        exchange_record(*fd, strtoul(text, NULL, 10));
        return 2;
    } else if (!strcmp(step, "room")) {
        int bytes = atoi(text);
        if (setsockopt(*fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes))
            err(1, "setsockopt SO_SNDBUF");
        return 2;
    } else if (!strcmp(step, "print")) {
        puts(text);
        return 2;
    } else if (!strcmp(step, "tell")) {
        warnx("%s", text);
        return 2;
    } else {
        usage(2);
    }
    return 1;
}

static int type_of(const char *name)
{
    if (!strcmp(name, "stream"))
        return SOCK_STREAM;
    if (!strcmp(name, "datagram"))
        return SOCK_DGRAM;
    if (!strcmp(name, "seqpacket"))
        return SOCK_SEQPACKET;
    usage(2);
    return -1;
}

/* Run all steps count times, each time with a new socket. */
static void run_steps(int type, char **steps, int count)
{
    while (count-- > 0) {
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
        if (fd == -1)
            err(1, "socket");
        for (char **step = steps; *step != NULL;)
            step += run_step(&fd, step);
        close(fd);
    }
}

/* Become count processes at once, and return in each of them. */
static void multiply(int count)
{
    int status, failures = 0;

    while (count-- > 0) {
        pid_t child = fork();
        if (child == -1)
            err(1, "fork");
        if (child == 0)
            return;
    }
    while (wait(&status) != -1)
        if (status != 0 && WTERMSIG(status) != SIGKILL)
            failures++; /* else it is done, or was to die */
    exit(failures > 0);
}

static void end_late(int signal)
{
    (void)signal;
    _exit(124);
}

int main(int argc, char *argv[])
{
    int count = 1, processes = 0, seconds = 0;

    setlinebuf(stdout); /* a test waits for these lines */
    for (int option; (option = getopt(argc, argv, "+hp:r:t:")) != -1;) {
        if (option == 'p')
            processes = atoi(optarg);
        else if (option == 'r')
            count = atoi(optarg);
        else if (option == 't')
            seconds = atoi(optarg);
        else
            usage(option == 'h' ? 0 : 2);
    }
    if (argc - optind < 2)
        usage(2);
    int type = type_of(argv[optind]);

    if (processes > 0)
        multiply(processes);
    signal(SIGALRM, end_late);
    alarm(seconds); /* 0 is never */
    run_steps(type, argv + optind + 1, count);
    return 0;
}
