#!/usr/bin/env bats
#
# Grades 04-abstract/exercises/2-only-one.c.
# The starter fails at: a second one is refused while the first one runs

load ../../helpers/exercises

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
    known '*; it says: *' 'It is said, and the command runs in spite of it.
        errx(3) says it and ends the program.'
    usually 'The second one has got the name, too. bind(2) takes it for a
        socket. It is free again when that socket is closed, or if nothing
        was bound.'
    expect_status 1
    known '*Address already in use*' 'The kernel'\''s words are for a server.
        Look at errno: EADDRINUSE means that another one runs.'
    usually 'If bind(2) fails with EADDRINUSE, say so as the TODO shows.'
    expect_errors 'already running'
    usually 'The command has run before the name was asked for.'
    expect_output ''
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
