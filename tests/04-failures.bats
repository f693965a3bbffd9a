#!/usr/bin/env bats
#
# Lesson 04: what the server does when a call fails while it serves.
# on: 04-abstract/server

load helpers/helpers
load helpers/abstract

@test "a server that cannot take what it has written says so" {
    # it takes by the second recv(2)
    start_traced -e trace=recvfrom -e inject=recvfrom:error=ENOMEM:when=2
    run client "$name" <<<hello
    expect_like '1 client: *' "$status $output"
    expect_log 'server: recv from a client: Cannot allocate memory'
}

@test "a log that nobody reads any more is lost, and the service goes on" {
    start_traced -e trace=recvfrom -e inject=recvfrom:error=ECONNRESET:when=1
    exec {log}<&-
    client "$name" <<<lost || true # depending on when it hears of it
    client "$name" <<<hello
    expect_equal hello "$(<out)"
}
