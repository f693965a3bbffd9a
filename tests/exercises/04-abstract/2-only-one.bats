#!/usr/bin/env bats
#
# Grades 04-abstract/exercises/2-only-one.c.
# The starter fails at: a second one is refused while the first one runs

load ../../helpers/exercises
load otherwise

name=one.$RANDOM$RANDOM # all users of a machine share the abstract names

# hold_name: a first one runs a command, until the check ends
hold_name() {
    begin "./only-one $name sh -c 'echo it runs >&2; exec sleep 60'"
    usually 'The name is free, so the command is to run.'
    await_log 'it runs'
}

@test "the command runs, and its status is passed on" {
    local status_of_it=$((RANDOM % 90 + 10))
    try "./only-one $name sh -c 'echo it runs; exit $status_of_it'"
    usually 'If hold returns, run does the rest. Does hold end the program
        although the name is free?'
    expect_output 'it runs'
    expect_status "$status_of_it"
}

@test "a second one is refused while the first one runs" {
    hold_name
    try "./only-one $name echo me, too"
    if ((status == 0)) && grep -q 'already running' errors; then
        usually 'It is said, and the command runs in spite of it. errx(3)
            says it and ends the program.'
    elif ((status == 0)); then
        usually 'The command runs. bind(2) returns -1 when it fails, and the
            reason is in errno. Either nothing is bound, or its result is not
            looked at, or the socket is closed again.'
    else
        usually 'The command has run before the name was asked for.'
    fi
    [[ ! -s output ]] || expect 'the command' 'not run' 'has run'
    usually 'The command has not run, but the status is 0: who calls us takes
        it for success.'
    expect_status 1
    known '*Address already in use*' 'The kernel'\''s words are for a server.
        Look at errno: EADDRINUSE means that another one runs.'
    usually 'If bind(2) fails with EADDRINUSE, say so as the TODO shows.'
    expect_errors 'already running'
}

@test "another name is no hindrance" {
    hold_name
    try "./only-one ${name}0 echo me, too"
    usually 'Only the same name is taken. Is it the operand that you bind?'
    expect_status 0
    expect_output 'me, too'
}

@test "killed by SIGKILL, it leaves the name free" {
    # shellcheck disable=SC2016 # for the shell that is the command
    try "./only-one $name sh -c 'kill -KILL \$PPID'"
    usually 'The command is a child of only-one, and kills it.'
    expect_status 137
    try "./only-one $name echo free"
    usually 'Who is killed cannot clean up. A file stays behind; an abstract
        name is freed by the kernel when its socket is closed.'
    expect_status 0
    expect_output free
}

@test "what the command leaves behind does not hold the name" {
    try "./only-one $name sh -c 'sleep 60 & echo done'
          ./only-one $name echo free"
    known '*already running*' 'sleep, which the command has left behind, has
        a copy of the socket: who starts a program hands all descriptors on,
        but those with SOCK_CLOEXEC.'
    usually 'The command has ended, and the name is to be free.'
    expect_status 0
    usually 'The command is to run each time.'
    expect_output "$(printf 'done\nfree')"
}

@test "the name is taken for other programs, too: it is not one byte longer" {
    hold_name
    did+=("grep @ /proc/net/unix")
    known "*: @$name@*" 'Every byte that the size covers belongs to an
        abstract name. Here zero bytes behind it, which the kernel prints as
        @, have become a part of it. address_of has counted: use its size.'
    usually 'Nothing there holds the abstract name. While the command runs, a
        socket has to be bound to it.'
    expect 'name in /proc/net/unix' "@$name" "$(LC_ALL=C grep -ao \
        "@[^ ]*${name%?}[^ ]*" /proc/net/unix | sort -u | grep . ||
        echo none)"
}

@test "a name of 108 bytes is refused" {
    try "./only-one $(printf '%0108d' 0) echo it runs"
    usually '107 bytes fit behind the NUL. address_of ends us for more.'
    expect_status 1
    expect_errors 108
    expect_output ''
}

@test "it is refused, too, if another one comes a moment before bind(2)" {
    build_otherwise ./only-one
    try "RIVAL=1 LD_PRELOAD=./otherwise.so ./only-one $name echo it runs"
    usually 'Between asking and taking, another one came. bind(2) does both
        at once: look at what it returns.'
    [[ ! -s output ]] || expect 'the command' 'not run' 'has run'
    expect_status 1
    expect_errors 'already running'
}

@test "it does not say so when something else is wrong" {
    build_otherwise ./only-one
    try "NO_SOCKET=1 LD_PRELOAD=./otherwise.so ./only-one $name echo it runs"
    usually 'socket(2) has failed, so there is no name. Look at what it
        returns.'
    [[ ! -s output ]] || expect 'the command' 'not run' 'has run'
    ((status != 0)) || fail_check 'a status for failure' 'status 0'
    usually 'Nobody has the name: socket(2) failed. Only EADDRINUSE means that
        somebody does.'
    ! grep -q 'already running' errors ||
        fail_check 'why socket(2) failed' "$(readable errors)"
}
