#!/usr/bin/env bats
#
# Lesson 06: who is not let in, and when the kernel does not say who calls.
# on: 06-creds/server
# also: 06-creds/client

load helpers/helpers

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
    local group # that we are not in
    group=$(getent group | cut -d : -f 1 |
        grep -vxFf <(id -Gn | tr ' ' '\n') | head -n 1)
    start_server a.sock "$group"
    run timeout "$limit" python3 -c 'if True:
        import socket
        peer = socket.socket(socket.AF_UNIX)
        peer.connect("a.sock")
        peer.sendall(bytes(1000000))
        print(peer.recv(100).decode(), end="")'
    expect_run 0 'Unauthorized access'
}

@test "who is refused may have sent more than is read at once: no child crashes" {
    needs strace
    start_traced_server -f -e trace=exit_group a.sock "$(foreign_group)"
    start peer stream connect a.sock fill print full wait receive
    expect_answer full
    close_orders
    expect_answer 'Unauthorized access'
    wait_until has_no_children "$server"
    end_traced_server
    expect_equal 'exit_group(0) = ?' "$(sed -n 's/^[0-9]* *//; 1p' trace)"
}
