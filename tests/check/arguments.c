/*
 * arguments.c - start a program with random command lines
 *
 *     $ ./arguments -n 1000 -s 7 /…/02-datagram/server upper.sock
 *     status 0: 21, 1: 364, 2: 467, server: 148
 *
 * Each time the program must end by itself, with status 0, 1 or 2, and say
 * no more than a few lines; a server that says that it listens is sent
 * SIGTERM, and must end with status 0. It must leave nothing in the current
 * folder but a server's PATH.lock. The first command line after which this
 * is not so ends arguments with status 1 and a line.
 *
 * The words are options, good and bad; ADDRESS, where somebody listens; and
 * random bytes, of which there are none, or more than fit anywhere. No word
 * has a '/' or '.': nothing outside the folder has such a name.
 *     -n COUNT   -s SEED
 *     -a   random words begin with ADDRESS: what else would they name in
 *          the machine's abstract namespace, which has no folders?
 *     -c   the program runs commands: there are none, and status 126 and
 *          127 say that
 */
#define _GNU_SOURCE /* pipe2(2) */
#include <err.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WORDS = 6,             /* in a command line, at most */
    WORD_SIZE = 128 << 10, /* with its NUL: execve(2) takes no longer one */
    SAID_SIZE = 1 << 20,
    LINES = 3,     /* to say what is wrong, and how to do it right */
    PATIENCE = 10, /* seconds */
};

#define TOO_LARGE "-n99999999999999999999" /* for a long */

static char *program, *address;
static bool is_abstract, runs_commands;
static uint64_t random_state;
static char *command[WORDS + 2]; /* the program, its words, NULL */
static char said[SAID_SIZE];     /* on standard error */

/* --- the command line: random numbers are xorshift64*, by Vigna */

static size_t below(size_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * 2685821657736338717u >> 32) * limit >> 32;
}

static size_t random_length(void)
{
    switch (below(16)) {
    case 0:
        return 0;
    case 1:
        return below(WORD_SIZE / 2); /* six of them fit execve(2) */
    case 2:
    case 3:
    case 4:
        return 100 + below(16); /* an address has 107 bytes */
    case 5:
        return below(300);
    default:
        return 1 + below(16);
    }
}

/* A word; if it is random, its bytes are in buffer. */
static char *make_word(char buffer[WORD_SIZE])
{
    static char *const options[] = {
        "-",    "--",     "-h",    "-n",     "-n1",     "-n0",
        "-n-1", "-nX",    "-n9x",  "-n4k",   "-n65536", "10",
        "-1",   "-g",     "-gX",   "-groot", "root",    "-x",
        "-hn",  "--help", "-\xff", "-\n",    TOO_LARGE};
    size_t choice = below(16), length = random_length(), begun = 0;

    if (choice < 5)
        return options[below(sizeof options / sizeof options[0])];
    if (choice < 8)
        return address;
    if (is_abstract && length > 0) {
        begun = strlen(address);
        memcpy(buffer, address, begun);
        length = length > begun ? length : begun;
    }
    for (size_t i = begun; i < length; i++) {
        do
            buffer[i] = 1 + below(255);
        while (buffer[i] == '/' || buffer[i] == '.');
    }
    buffer[length] = '\0';
    return buffer;
}

/* Mostly one word or two: what the programs take. */
static void make_command(void)
{
    static char words[WORDS][WORD_SIZE];
    size_t count = below(4) == 0 ? below(WORDS + 1) : 1 + below(2);

    for (size_t i = 0; i < count; i++)
        command[1 + i] = make_word(words[i]);
    command[1 + count] = NULL;
}

/* Text as a shell reads it between $' and ', and a terminal can show it. */
static void show(const char *text)
{
    enum { SHOWN = 200 }; /* bytes */
    size_t i = 0;

    for (; i < SHOWN && text[i] != '\0'; i++) {
        unsigned char c = text[i];
        bool plain = c >= ' ' && c <= '~' && c != '\'' && c != '\\';
        fprintf(stderr, plain ? "%c" : "\\x%02x", c);
    }
    if (text[i] != '\0')
        fprintf(stderr, "[of %zu bytes]", strlen(text));
}

/* End with the command line, and what is wrong. */
static void fail(const char *what, int number)
{
    fprintf(stderr, "%s", program);
    for (char **word = command + 1; *word != NULL; word++) {
        fputs(" $'", stderr);
        show(*word);
        fputs("'", stderr);
    }
    fprintf(stderr, ": %s %d; it said: ", what, number);
    show(said);
    fputs("\n", stderr);
    exit(1);
}

/* --- one run */

static void become_program(int errors)
{
    int null = open("/dev/null", O_RDWR);

    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    if (runs_commands)
        setenv("PATH", "/nonexistent", 1);
    alarm(PATIENCE); /* by a signal, as no program should end */
    execv(program, command);
    err(125, "exec %s", program);
}

/* Run the command line; returns its status, and whether it listened. */
static int run(bool *listened)
{
    int pipe_ends[2];
    size_t length = 0;

    if (pipe2(pipe_ends, O_CLOEXEC))
        err(1, "pipe");
    pid_t pid = fork();
    if (pid == -1)
        err(1, "fork");
    if (pid == 0)
        become_program(pipe_ends[1]);
    close(pipe_ends[1]);

    *listened = false;
    for (;;) {
        ssize_t got =
            read(pipe_ends[0], said + length, sizeof said - 1 - length);
        if (got == -1)
            err(1, "read");
        if (got == 0)
            break;
        length += got;
        said[length] = '\0';
        if (!*listened && strstr(said, ": listening on ") != NULL) {
            *listened = true;
            kill(pid, SIGTERM);
        }
    }
    said[length] = '\0';
    close(pipe_ends[0]);

    int status;
    if (waitpid(pid, &status, 0) == -1)
        err(1, "waitpid");
    if (WIFSIGNALED(status))
        fail("ended by signal", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* --- what it must be */

static void check_status(int status, bool listened)
{
    if (listened && status != 0)
        fail("a server that got SIGTERM ends with status", status);
    if (status > 2 && !(runs_commands && (status == 126 || status == 127)))
        fail("status", status);
}

static int newlines_in(const char *text)
{
    int count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* A word that it repeats may have some newlines itself. */
static void check_lines(void)
{
    int lines = newlines_in(said);

    for (char **word = command + 1; *word != NULL; word++)
        lines -= newlines_in(*word);
    if (lines > LINES)
        fail("lines on standard error:", lines);
}

/* What the folder holds, apart from ADDRESS: one lock, which then goes. */
static void check_folder(void)
{
    bool serves = strstr(program, "server") != NULL && !is_abstract;
    int others = 0;
    glob_t files;

    if (glob("*", 0, NULL, &files) == GLOB_NOMATCH)
        return;
    for (char **file = files.gl_pathv; *file != NULL; file++) {
        size_t length = strlen(*file);
        if (strncmp(*file, address, strlen(address)) == 0)
            continue; /* with its lock */
        others++;
        if (!serves || length < 5 ||
            strcmp(*file + length - 5, ".lock") != 0)
            fail("leaves files that are no locks:", others);
        if (unlink(*file))
            err(1, "unlink");
    }
    if (others > 1)
        fail("leaves locks:", others);
    globfree(&files);
}

static void usage(void)
{
    errx(2, "usage: arguments [-ac] [-n COUNT] [-s SEED] PROGRAM ADDRESS");
}

int main(int argc, char *argv[])
{
    long count = 1000, listens = 0, ended[256] = {0};
    uint64_t seed = 1;

    for (int option; (option = getopt(argc, argv, "+acn:s:")) != -1;) {
        if (option == 'a')
            is_abstract = true;
        else if (option == 'c')
            runs_commands = true;
        else if (option == 'n')
            count = atol(optarg);
        else if (option == 's')
            seed = strtoul(optarg, NULL, 10);
        else
            usage();
    }
    if (argc - optind != 2)
        usage();
    command[0] = argv[optind];
    program = argv[optind];
    address = argv[optind + 1];
    random_state = seed * 2 + 1; /* never 0: there it would stay */

    for (long i = 0; i < count; i++) {
        bool listened;
        said[0] = '\0';
        make_command();
        int status = run(&listened);
        check_status(status, listened);
        check_lines();
        check_folder();
        listens += listened;
        ended[status] += !listened;
    }
    printf("status 0: %ld, 1: %ld, 2: %ld", ended[0], ended[1], ended[2]);
    if (listens > 0)
        printf(", server: %ld", listens);
    if (runs_commands)
        printf(", no command: %ld", ended[126] + ended[127]);
    putchar('\n');
    return 0;
}
