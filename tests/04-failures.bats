#!/usr/bin/env bats
#
# Lesson 04: what the server does when a call fails while it serves.
# on: 04-abstract/server

load helpers/helpers

name=$$-name

# start_traced STRACE-OPTION...: a server, and strace(1) has its eye on it
start_traced() {
    needs strace
    strace -qqo trace -e signal=none "$@" "$bin/server" "$name" \
        >out 2>log 3>&- &
    exec {log}<log
    expect_log "server: listening on @$name"
}

@test "a server that cannot take what it has written says so" {
    # it takes by the second recv(2)
    start_traced -e trace=recvfrom -e inject=recvfrom:error=ENOMEM:when=2
    run client "$name" <<<hello
    expect_like '1 client: *' "$status $output"
    expect_log 'server: recv from a client: Cannot allocate memory'
}

@test "an accept(2) that a signal interrupts is made again without a word" {
    start_traced -e trace=accept4,recvfrom \
        -e inject=accept4:error=EINTR:when=1 \
        -e inject=recvfrom:error=ECONNRESET:when=1
    client "$name" <<<lost || true # depending on when it hears of it
    expect_log 'server: recv from a client: Connection reset by peer'
}

@test "a log that nobody reads any more is lost, and the service goes on" {
    start_traced -e trace=recvfrom -e inject=recvfrom:error=ECONNRESET:when=1
    exec {log}<&-
    client "$name" <<<lost || true # depending on when it hears of it
    client "$name" <<<hello
    expect_equal hello "$(<out)"
}

@test "without a descriptor it waits, says so, and then serves" {
    start_server "$name"
    wait_until is_asleep "$server" # in accept(2), which has a descriptor
    prlimit --pid "$server" --nofile=3: # new ones would be above
    echo first | client "$name"
    start client "$name"
    wait_until log_has 'server: accept a client: Too many open files'
    expect_idle 0.3 "$server"
    prlimit --pid "$server" --nofile=1000:
    echo hello >&"$orders"
    close_orders
    wait "$started"
    expect_equal $'first\nhello' "$(<out)"
}
