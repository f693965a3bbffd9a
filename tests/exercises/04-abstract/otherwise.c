/*
 * otherwise.c - a library that answers a program in place of the kernel
 *
 *     $ cc -shared -fPIC otherwise.c -o otherwise.so
 *     $ PEER_UID=0 LD_PRELOAD=./otherwise.so ./squatter vault.$$
 *     squatter: @vault.452 belongs to uid 0, not 1000: nothing is sent
 *
 * For what an ordinary user cannot bring about, or not at the right moment:
 * with PEER_UID=N in the environment, every peer is user N (SO_PEERCRED);
 * with RIVAL=1, another socket takes each name right before bind(2) does;
 * with NO_SOCKET=1, socket(2) fails, as no descriptor is left. Left out:
 * programs that are linked statically, or call the kernel by syscall(2).
 */
#define _GNU_SOURCE /* struct ucred, syscall(2) */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int getsockopt(int fd, int level, int option, void *restrict value,
               socklen_t *restrict size)
{
    const char *uid = getenv("PEER_UID");
    int result = syscall(SYS_getsockopt, fd, level, option, value, size);

    if (result == 0 && level == SOL_SOCKET && option == SO_PEERCRED &&
        *size == sizeof(struct ucred) && uid != NULL)
        ((struct ucred *)value)->uid = strtoul(uid, NULL, 10);
    return result;
}

int socket(int domain, int type, int protocol)
{
    if (getenv("NO_SOCKET") == NULL)
        return syscall(SYS_socket, domain, type, protocol);
    errno = EMFILE;
    return -1;
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
    if (getenv("RIVAL") != NULL) {
        int type = SOCK_STREAM, rival; /* each type has names of its own */
        socklen_t room = sizeof type;
        syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &room);
        rival = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
        syscall(SYS_bind, rival, address, size); /* and stays open */
    }
    return syscall(SYS_bind, fd, address, size);
}
