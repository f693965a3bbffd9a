#!/usr/bin/env bats
#
# make trace-NN: a lesson's pair as the kernel sees it.
#
# on: 01-stream/server

load helpers/helpers

# trace NUMBER: what it prints, in $output and the array lines, and it fits
trace() {
    needs strace
    strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
    run timeout 30 "$tests/tools/trace" "$1" 3>&-
    ((status == 0)) || expect_run 0 'a trace'
    fits_screen
}

fits_screen() {
    local line
    ((${#lines[@]} <= 24)) || expect_equal 'at most 24 lines' "${#lines[@]}"
    for line in "${lines[@]}"; do
        ((${#line} <= 76)) || expect_equal 'at most 76 columns' "$line"
    done
}

# shows LINE...: in this order, each as a pattern, others between them
shows() {
    local due=("$@") line
    for line in "${lines[@]}"; do
        # shellcheck disable=SC2053 # it is a pattern
        [[ ${#due[@]} -gt 0 && $line == ${due[0]} ]] && due=("${due[@]:1}")
    done
    ((${#due[@]} == 0)) || {
        printf 'missing here: %s\nin:\n%s\n' "${due[0]}" "$output"
        return 1
    }
}

# without_strace COMMAND...: where there is no such program
without_strace() {
    local tool
    mkdir tools
    for tool in bash cat timeout; do
        ln -s "$(command -v "$tool")" tools
    done
    PATH=$PWD/tools run "$@"
}

# working_in FOLDER: the processes whose folder it is, or was
working_in() {
    readlink /proc/[0-9]*/cwd 2>/dev/null | grep -F "$1" || true
}

@test "01 is a conversation, a half-close and an end" {
    trace 01
    shows 'server  open("echo.sock.lock") = lock, flock(lock, LOCK_EX|*)' \
        'server  socket(AF_UNIX, SOCK_STREAM*) = listener' \
        'server  bind(listener, "echo.sock", 110)' 'server  listen(*' \
        'client  connect(server, "echo.sock", 110)' \
        'server  accept4(listener, *) = peer' \
        'server  fork() = child, close(peer)' \
        'child   close(listener), close(lock)' \
        'client  poll(standard input, server) = standard input' \
        'client  send(server, "Hello, world\\n", 13, *' \
        'child   recv(peer, *' 'child   send(peer, *' 'client  recv(*' \
        'client  read(standard input, "", *) = 0 (end of file)' \
        'client  shutdown(server, SHUT_WR)' \
        'child   recv(peer, *) = 0 (end of file), exit(0)' \
        'client  recv(server, *) = 0 (end of file), exit(0)' \
        'server  SIGTERM: unlink("echo.sock"), exit(0)'
}

@test "02 is a datagram with a return address, and its answer" {
    trace 02
    shows 'server  socket(AF_UNIX, SOCK_DGRAM*) = receiver' \
        'server  bind(receiver, *' \
        'client  connect(server, "upper.sock", 110)' \
        'client  bind(server, "upper.sock.*", 110)' 'client  send(*' \
        'server  recvfrom(receiver, "hey", 10, MSG_TRUNC, "upper.sock.*' \
        'server  sendto(receiver, "HEY", 3, *, "upper.sock.*' \
        'client  recv(server, "HEY", *' \
        'client  unlink("upper.sock.*"), exit(0)' 'server  SIGTERM: unlink*'
}

@test "03 is two records, sent before the first is read, and one cut" {
    trace 03
    shows 'server  socket(AF_UNIX, SOCK_SEQPACKET*) = listener' \
        'client  send(server, "ping", 4, *' 'child   recv(peer, "ping", *' \
        'client  send(server, "a longer record", 15, *' \
        'child   send(peer, "a longer record", 15*' \
        'client  recv(server, "ping", 8, MSG_TRUNC) = 4' \
        'client  recv(server, "a longer", 8, MSG_TRUNC) = 15' \
        'child   recv(peer, *) = 0 (end of file), exit(0)'
}

@test "04 is a name without a file, and bytes looked at, written, taken" {
    trace 04
    shows 'server  bind(listener, @"trace.*", 16)' \
        'client  connect(server, @"trace.*", 16)' \
        'server  recv(peer, *, MSG_PEEK) = 13' \
        'server  write(standard output, *' \
        'server  recv(peer, *, 13, 0) = 13' \
        'client  shutdown(*' 'server  close(peer)' \
        'client  recv(server, *) = 0 (end of file), exit(0)' \
        'server  SIGTERM: exit(0)'
    [[ $output != *lock* && $output != *unlink* ]]
}

@test "05 is a pair, and each process closes the end it does not use" {
    trace 05
    shows 'parent  socketpair(AF_UNIX, SOCK_STREAM*) = ends\[0], ends\[1]' \
        'parent  fork() = child, close(ends\[1])' \
        'child   close(ends\[0])' \
        'child   send(ends\[1], *' 'parent  recv(ends\[0], *' \
        'child   shutdown(*' 'parent  recv(*) = 0 (end of file)' \
        'parent  send(*' 'child   recv(*' 'parent  shutdown(*' \
        'child   recv(*) = 0 (end of file)' 'child   *exit(0)' \
        'parent  waitpid(child, *) = child'
}

@test "06 is a question to the kernel before the first byte is read" {
    trace 06
    shows 'server  umask(0111), bind(listener, "creds.sock", 110)' \
        'server  listen(*' 'server  accept4(*' \
        'child   getsockopt(peer, SO_PEERCRED, {pid=*' \
        "child   getuid() = $EUID" 'child   recv(peer, *' \
        'child   send(peer, "> Hello, world\\n", 15, *' 'server  SIGTERM*'
    shows "client  getsockopt(server, SO_PEERCRED, *uid=$EUID, *" \
        'client  read(*'
}

@test "the order is the same each time" {
    trace 05
    local before=$output
    for _ in 1 2 3 4 5; do
        trace 05
        expect_equal "$before" "$output"
    done
}

@test "nothing is left, neither a process nor a file" {
    needs strace
    mkdir scratch
    TMPDIR=$PWD/scratch trace 1
    expect_equal '' "$(ls scratch)"
    expect_equal '' "$(working_in "$PWD/scratch")"
}

@test "a lesson that does not exist is an error of one line" {
    run "$tests/tools/trace" 07
    expect_run 1 'trace: there is no lesson 07'
}

@test "without strace it says so" {
    without_strace timeout 10 "$tests/tools/trace" 01
    expect_run 1 'trace: strace is not installed'
}

@test "where strace may not trace it says so" {
    mkdir tools
    printf '#!/bin/sh\necho strace: ptrace: Not permitted >&2\nexit 1\n' \
        >tools/strace
    chmod +x tools/strace
    PATH=$PWD/tools:$PATH run "$tests/tools/trace" 01
    expect_run 1 \
        'trace: strace may not trace here: strace: ptrace: Not permitted'
}
