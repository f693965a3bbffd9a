/*
 * storm.c - signals all the time, for a program that knows nothing of it
 *
 *     $ cc -shared -fPIC storm.c -o storm.so
 *     $ head -c 8 /dev/zero >count
 *     $ STORM=count LD_PRELOAD=./storm.so ./server echo.sock
 *
 * SIGURG, which no lesson uses, comes every 200 microseconds, also to the
 * processes that the program forks. A call that waits then fails with
 * EINTR, as the handler is there without SA_RESTART. How many calls did is
 * added to the number in the file $STORM.
 */
#define _GNU_SOURCE /* timer_create(2), REG_RAX */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { INTERVAL = 200000 }; /* nanoseconds */

static atomic_ulong *interrupted; /* calls, of all processes together */

/* What the call returns that the signal came into, if it came into one. */
static long result_of_call(const ucontext_t *context)
{
#if defined __x86_64__
    return context->uc_mcontext.gregs[REG_RAX];
#elif defined __aarch64__
    return context->uc_mcontext.regs[0];
#else
#error "which register has the result of a system call here?"
#endif
}

static void count(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)info;
    if (result_of_call(context) == -EINTR)
        atomic_fetch_add(interrupted, 1);
}

/* Start the timer. A child does not inherit it, and starts its own. */
static void start_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGURG};
    struct itimerspec interval = {{0, INTERVAL}, {0, INTERVAL}};
    timer_t timer;

    if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
        timer_settime(timer, 0, &interval, NULL))
        err(1, "timer");
}

/* What the loader runs before main. */
__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("STORM");
    int file = open(path ? path : "", O_RDWR | O_CLOEXEC);
    if (file == -1)
        err(1, "open the file that $STORM names");
    interrupted = mmap(NULL, sizeof *interrupted, PROT_READ | PROT_WRITE,
                       MAP_SHARED, file, 0);
    if (interrupted == MAP_FAILED)
        err(1, "mmap %s", path);
    close(file);

    struct sigaction action = {.sa_sigaction = count,
                               .sa_flags = SA_SIGINFO};
    sigaction(SIGURG, &action, NULL);
    pthread_atfork(NULL, NULL, start_timer);
    start_timer();
}
