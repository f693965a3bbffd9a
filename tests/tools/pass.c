/*
 * pass.c - send open files to a server, all in one message
 *
 *     $ ./pass a.sock notes.txt
 *
 * With no FILE, it is a message without any. A FILE - is standard input.
 * Then we wait for the end of file: the server has done with it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST = 8 };

static void send_files(int server, const int files[], int count);
static int connect_to(const char *path);

int main(int argc, char *argv[])
{
    int files[MOST], count = argc - 2;
    char byte;

    if (count < 0 || count > MOST)
        errx(2, "usage: pass PATH [FILE...], %d at most", MOST);
    for (int i = 0; i < count; i++) {
        const char *name = argv[2 + i];
        files[i] = strcmp(name, "-") == 0 ? dup(STDIN_FILENO)
                                          : open(name, O_RDONLY);
        if (files[i] == -1)
            err(1, "open %s", name);
    }
    int server = connect_to(argv[1]);
    send_files(server, files, count);
    while (read(server, &byte, 1) == -1)
        if (errno != EINTR)
            err(1, "read %s", argv[1]);
    return 0;
}

/* A message is one byte at least: without data, nothing is sent. */
static void send_files(int server, const int files[], int count)
{
    union {
        struct cmsghdr header; /* for the right alignment */
        char bytes[CMSG_SPACE(sizeof(int[MOST]))];
    } control = {0};
    struct iovec data = {.iov_base = "F", .iov_len = 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    if (count > 0) {
        size_t size = count * sizeof *files;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(&control.header), files, size);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(size);
    }
    if (sendmsg(server, &message, MSG_NOSIGNAL) == -1)
        err(1, "sendmsg");
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);

    if (length < 1 || length >= sizeof address.sun_path)
        errx(1, "path '%s' has %zu bytes, 1 to %zu fit", path, length,
             sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length); /* a NUL is there already */
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (server == -1)
        err(1, "socket");
    if (connect(server, (struct sockaddr *)&address, sizeof address))
        err(1, "connect %s", path);
    return server;
}
