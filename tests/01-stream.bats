#!/usr/bin/env bats
#
# Lesson 01: an echo server, and a client that passes any amount.
# on: 01-stream/server 01-stream/event_server
# also: 01-stream/client

load helpers/helpers
load helpers/callers

@test "bytes of every value come back" {
    # shellcheck disable=SC2059 # the format is the bytes
    printf "$(printf '\\%03o' {0..255})" >a
    start_server a.sock
    client a.sock <a >b
    expect_equal 256 "$(stat -c %s b)"
    cmp a b
}

@test "16 MiB come back equal" {
    head -c 16M /dev/urandom >a
    start_server a.sock
    client a.sock <a >b
    cmp a b
}

@test "the reply to what was sent before a half-close still comes" {
    start_server a.sock
    run call a.sock send hello shutdown receive end
    expect_run 0 hello
}

@test "what comes is sent back at once, not only when more or the end comes" {
    start_server a.sock
    run call a.sock send one receive send two receive
    expect_run 0 $'one\ntwo'
}

@test "two clients at once each get their own bytes" {
    start_server a.sock
    start call a.sock send one receive wait send two receive
    expect_answer one
    run call a.sock send other receive
    expect_run 0 other
    close_orders
    expect_answer two
}

@test "a silent client does not hold up another" {
    start_server a.sock
    start call a.sock print here wait
    expect_answer here
    limit=5 run client a.sock <<<hello # less than the silent one has
    expect_run 0 hello
}

@test "a client that stops reading does not hold up another" {
    start_server a.sock
    start call a.sock fill print full wait
    expect_answer full
    limit=5 run client a.sock <<<hello # less than the other one has
    expect_run 0 hello
}

@test "no process of it meets SIGPIPE when clients leave" {
    needs strace
    start_traced_server -f -e trace=none -e signal=PIPE
    for _ in {1..20}; do
        peer stream connect a.sock send hello
    done
    run peer stream connect a.sock send hello receive
    expect_run 0 'hello'
    end_traced_server
    expect_equal '' "$(<trace)"
}

@test "the socket file has type s, and size 0 whatever passes" {
    start_server a.sock
    client a.sock <<<hello
    expect_equal 'socket 0' "$(stat -c '%F %s' a.sock)"
    expect_like 's*' "$(ls -l a.sock)"
}

@test "nc -U as a client is served" {
    needs_nc
    start_server a.sock
    run timeout "$limit" nc -NU a.sock <<<hello
    expect_run 0 hello
}

@test "nc -lU keeps its address and its one client when our server comes" {
    needs_nc
    timeout "$limit" nc -lU "$own" >got 3>&- &
    await_listener "$own"
    run program "$SERVER" "$own"
    expect_run 1 "$SERVER: bind $own: Address already in use"
    run client "$own" <<<hello
    wait_until grep -q hello got
}

@test "socat as a client is served" {
    needs socat
    start_server a.sock
    run timeout "$limit" socat - UNIX-CONNECT:a.sock <<<hello
    expect_run 0 hello
}

@test "python3 as a client is served" {
    needs python3
    start_server a.sock
    run timeout "$limit" python3 - <<'PYTHON'
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect("a.sock")
s.sendall(b"hello")
print(s.recv(100).decode())
PYTHON
    expect_run 0 hello
}
