/*
 * checked_exit.c - _exit(2), but it looks for leaks first
 *
 * A server's signal handler ends it by _exit(2), and LeakSanitizer looks
 * only as exit(3) does its work. Sanitized programs are linked with this,
 * and compiled with -D_exit=checked_exit.
 */
#include <sanitizer/lsan_interface.h>
#include <unistd.h>

_Noreturn void checked_exit(int status);

void checked_exit(int status)
{
    __lsan_do_leak_check();
    _exit(status);
}
