/*
 * checked_exit.c - _exit(2), but it looks for leaks first
 *
 * A server's signal handler ends it by _exit(2), and LeakSanitizer looks
 * only as exit(3) does its work. Sanitized programs are linked with this,
 * and compiled with -D_exit=checked_exit.
 *
 * A handler may do what it does by _exit(2) only: it may have come inside
 * malloc(3), and LeakSanitizer then waits for a lock that is never given
 * back (11 of 1440 servers that got SIGINT as they began to write their
 * first line, gcc 12). Such a process is not looked at: SIGALRM ends it.
 */
#include <sanitizer/lsan_interface.h>
#include <signal.h>
#include <unistd.h>

_Noreturn void checked_exit(int status);

static volatile sig_atomic_t status_at_last;

static void end_unchecked(int signal_number)
{
    (void)signal_number;
    _exit(status_at_last);
}

void checked_exit(int status)
{
    status_at_last = status;
    signal(SIGALRM, end_unchecked);
    alarm(5); /* seconds; to look takes less than a tenth of one */
    __lsan_do_leak_check();
    _exit(status);
}
