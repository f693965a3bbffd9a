#!/usr/bin/env bats
#
# Lesson 06: who is not let in, and when the kernel does not say who calls.
# on: 06-creds/server
# also: 06-creds/client

load helpers/helpers
load helpers/admission

# expect_failure NUMBER OPTION SERVER-ARGUMENT...: getsockopt(2) of this option,
# the call NUMBER of each child, fails: the child says so and ends
expect_failure() {
    needs strace
    strace -f -qqo trace -e trace=getsockopt -e signal=none \
        -e inject=getsockopt:error=ENOMEM:when="$1" \
        "$bin/server" a.sock "${@:3}" 2>log 3>&- &
    exec {log}<log
    expect_log 'server: listening on a.sock'
    for _ in 1 2; do # the server itself goes on
        run --separate-stderr program client a.sock <<<hello
        expect_equal 'status 1: ' "status $status: $output"
        expect_log "server: getsockopt $2: Cannot allocate memory"
    done
}

@test "whom the kernel does not name is not let in, and that is said" {
    expect_failure 1 SO_PEERCRED
}

@test "whose groups the kernel does not tell is not let in, and that is said" {
    expect_failure 2 SO_PEERGROUPS "$(id -gn)"
}

@test "who is refused may first send more than buffers hold, and then reads it" {
    needs python3
    start_server a.sock "$(foreign_group)"
    run timeout "$limit" python3 -c 'if True:
        import socket
        peer = socket.socket(socket.AF_UNIX)
        peer.connect("a.sock")
        peer.sendall(bytes(1000000))
        print(peer.recv(100).decode(), end="")'
    expect_run 0 'Unauthorized access'
}

@test "of what a refused caller sends, no more is read than there is room for" {
    needs strace
    strace -f -qqo trace -e trace=recvfrom \
        "$bin/server" a.sock "$(foreign_group)" 2>log 3>&- &
    tracer=$!
    exec {log}<log
    expect_log 'server: listening on a.sock'
    server=$(children_of "$tracer")
    stop_traced_server # so that much is there before it reads the first
    start peer stream connect a.sock send "$(printf %0100000d 0)" \
        print sent receive
    expect_answer sent
    kill -CONT "$server"
    expect_answer 'Unauthorized access'
    wait_until has_no_children "$server"
    end_traced_server
    expect_equal 65535 "$(sed -E 's/.*, ([0-9]+), 0, .*/\1/' trace |
        sort -n | tail -n 1)"
}

@test "where there is no /etc/passwd, the server's user has no name" {
    needs strace
    open_folder
    start_server_of 1 a.sock
    run --separate-stderr timeout "$limit" strace -qqo trace \
        -P /etc/passwd -P /etc/nsswitch.conf -e inject=openat:error=ENOENT \
        ./client a.sock </dev/null
    expect_like 'client: the server is pid *, uid 1 (no name)*' "$stderr"
    expect_line INJECTED trace
}
