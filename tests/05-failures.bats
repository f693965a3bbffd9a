#!/usr/bin/env bats
#
# Lesson 05: a coprocess to which something happens on its way.
# on: 05-socketpair/coprocess

load helpers/helpers

@test "a command that cannot get its end as 0 and 1 gives 126 and a line" {
    needs strace
    for number in 1 2; do # the first, the second descriptor
        run -126 timeout "$limit" strace -f -qqo trace -e signal=none \
            -e trace=dup2 -e inject="dup2:error=EBUSY:when=$number" \
            "$bin/coprocess" true </dev/null
        expect_run 126 'coprocess: dup2: Device or resource busy'
    done
}

@test "without close_range(2), too, the command has one socket, as 0 and 1" {
    needs strace # before Linux 5.9 the call does not exist
    run timeout "$limit" strace -f -qqo trace -e signal=none \
        -e trace=close_range -e inject=close_range:error=ENOSYS \
        "$bin/coprocess" bash -c 'readlink /proc/$$/fd/*' </dev/null
    expect_equal 2 "$(grep -c ^socket: <<<"$output")"
}

@test "a command that half-closes has the end of its input, and may stay" {
    needs python3
    mkfifo silence
    exec {silence}<>silence
    run coprocess python3 -c 'if True:
        import socket
        peer = socket.socket(fileno=0)
        peer.shutdown(socket.SHUT_WR)
        exit(42 if peer.recv(1) == b"" else 1)' <silence
    expect_run 42 ''
}

@test "a command that leaves its input unread ends in peace, too" {
    run coprocess bash -c 'until read -t 0; do sleep 0.01; done' <<<hello
    expect_run 0 ''
}

@test "a command that answers more than it is asked does not deadlock" {
    line=$(printf '%099d' 0) # of short ones, sed(1) makes too much work
    yes "$line" | head -n 40000 >a
    coprocess sed 'p;p;p' <a | cmp - <(yes "$line" | head -n 160000)
}

@test "at the end of its input coprocess half-closes once, and waits" {
    needs strace
    # shellcheck disable=SC2016 # the command's parent is coprocess
    run timeout "$limit" strace -qqo trace -e signal=none -e trace=shutdown \
        "$bin/coprocess" sh -c 'cat
        until grep -q State:.S /proc/$PPID/status; do :; done' <<<hello
    expect_run 0 hello
    expect_equal 1 "$(wc -l <trace)"
}

@test "a command that reads no more is sent no more, and may still speak" {
    needs strace
    needs python3
    start timeout "$limit" strace -qqo trace -e signal=none -e trace=sendto \
        "$bin/coprocess" python3 -c 'if True:
        import os, socket
        peer = socket.socket(fileno=0)
        peer.shutdown(socket.SHUT_RD)
        peer.send(b"deaf\n")
        while not os.path.exists("more"):
            pass
        while "State:\tS" not in open(f"/proc/{os.getppid()}/status").read():
            pass
        peer.send(b"bye\n")'
    expect_answer deaf
    echo hello >&"$orders"
    wait_until grep -q EPIPE trace
    echo again >&"$orders"
    touch more # if coprocess read it, it is awake
    expect_answer bye
    wait "$started"
    expect_equal 1 "$(grep -c EPIPE trace)"
}
