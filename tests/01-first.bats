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

@test "20 clients leave no descriptor behind" {
    start_server a.sock
    client a.sock <<<hello
    before=$(descriptors_of "$server")
    peer -r 20 stream connect a.sock send hello receive >answers
    wait_until has_descriptors "$before" "$server"
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
