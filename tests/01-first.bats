#!/usr/bin/env bats
#
# Lesson 01: the smallest server, which does little, and that correctly.
# on: 01-stream/first

load helpers/helpers

SERVER=first

@test "clients get back what they send, one after another, to the last byte" {
    printf 'nul: \0, and no newline' >a
    start_server a.sock
    client a.sock <a >b
    cmp a b
    head -c 1M /dev/urandom >a
    client a.sock <a >b
    cmp a b
}

@test "what comes is sent back at once, and so is what comes next" {
    start_server a.sock
    run peer stream connect a.sock send one receive send two receive
    expect_run 0 $'one\ntwo'
}

@test "20 clients leave no descriptor behind, nor do 20 who read no reply" {
    start_server a.sock
    client a.sock <<<hello
    before=$(descriptors_of "$server")
    peer -r 20 stream connect a.sock send hello receive >answers
    peer -r 20 stream connect a.sock send hello readable
    wait_until has_descriptors "$before" "$server"
}

@test "a path of 107 bytes serves" {
    path=$(printf '%0107d' 0)
    start_server "$path"
    run client "$path" <<<hello
    expect_run 0 hello
}

@test "wrong usage gives status 2 and the usage line" {
    run program first
    expect_run 2 'first: usage: first PATH'
    run program first a.sock b.sock
    expect_run 2 'first: usage: first PATH'
    expect_nothing_at a.sock b.sock
}

@test "a call that fails ends it with status 1 and a line that names it" {
    needs strace
    for call in socket 'bind a.sock' 'listen a.sock' accept; do
        rm -f a.sock
        run timeout "$limit" strace -qqqo trace -e signal=none \
            -e inject="${call% *}:error=ENOMEM" "$bin/first" a.sock
        expect_like "1 *first: $call: Cannot allocate memory" \
            "$status $output"
    done
}
