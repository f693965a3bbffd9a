#!/usr/bin/env bats
#
# What every client promises that carries two directions at once, where one
# of them stalls, fails, or ends early.
# on: 01-stream/client 06-creds/client

load ../helpers/helpers
load ../helpers/callers
load ../helpers/clients
load ../helpers/resources
load ../helpers/usage

@test "a client's standard output is what the server sent, and nothing else" {
    start_server a.sock
    client a.sock <<<hello >got 2>errors
    expect_equal "$reply"$'\n.' "$(cat got; echo .)"
}

@test "a client reads what comes while it cannot send" {
    head -c 8M /dev/zero >a # the server reads of it when all else is sent
    start peer stream bind a.sock listen print ready accept record 1000000
    expect_answer ready
    client a.sock <a >got 2>said || true # the server has left
    expect_equal 1000000 "$(stat -c %s got)"
}

@test "at the end of its input a client half-closes, and gets what comes then" {
    start peer stream bind a.sock listen print ready accept end send bye
    expect_answer ready
    run client a.sock </dev/null
    expect_end 0 bye
}

@test "a pipe that was closed without a byte is the end of a client's input" {
    start_server a.sock
    mkfifo input
    exec {input}<>input
    exec {reader}<input
    exec {input}>&- # poll(2) says POLLHUP now, and not POLLIN
    run client a.sock <&"$reader"
    expect_equal 0 "$status"
}

@test "a client does not end by SIGPIPE when its server reads no more" {
    needs strace
    start peer stream bind a.sock listen print ready accept deaf print deaf \
        wait send bye
    expect_answer ready
    mkfifo silence
    exec {silence}<>silence
    timeout "$limit" strace -qqo trace -e trace=sendto -e signal=PIPE \
        "$bin/client" a.sock <silence >got 2>errors 3>&- {orders}>&- &
    expect_answer deaf
    echo hello >&"$silence"
    wait_until grep -q EPIPE trace
    close_orders
    wait $! || true
    expect_no_line SIGPIPE trace
}

@test "a client whose server reads no more does not spin" {
    start peer stream bind a.sock listen print ready accept deaf print deaf wait
    expect_answer ready
    mkfifo silence
    exec {silence}<>silence
    "$bin/client" a.sock <silence >got 2>errors 3>&- {orders}>&- &
    expect_answer deaf
    echo hello >&"$silence"
    expect_idle 0.3 $!
}

@test "a client that waits for its server does not spin" {
    start_server a.sock
    start "$bin/client" a.sock
    echo hello >&"$orders"
    expect_answer "$reply"
    expect_idle 0.3 "$started"
}

@test "nor does it at the end of its input" {
    start peer stream bind a.sock listen print ready accept end print end wait
    expect_answer ready
    "$bin/client" a.sock </dev/null >got 2>errors 3>&- {orders}>&- &
    expect_answer end
    expect_idle 0.3 $!
}

@test "nor does it while its server does not read what it has" {
    head -c 8M /dev/zero >a
    start peer stream bind a.sock listen print ready accept print here wait
    expect_answer ready
    "$bin/client" a.sock <a >got 2>errors 3>&- {orders}>&- &
    expect_answer here
    wait_until is_asleep $!
    expect_idle 0.3 $!
}

@test "what passes leaves no memory behind in a client" {
    head -c 8M /dev/zero >a
    mkfifo input
    exec {input}<>input
    start_server a.sock
    "$bin/client" a.sock <input >got 2>errors 3>&- {input}>&- &
    cat a >&"$input"
    wait_until has_size $(((8 << 20) + ${#reply} - 5)) got
    before=$(memory_of $!)
    cat a >&"$input"
    wait_until has_size $(((16 << 20) + ${#reply} - 5)) got
    expect_grown_little "$before" $!
}

@test "a wake-up for nothing, EAGAIN, ends neither direction of a client" {
    needs strace
    start_server a.sock
    echo hello >a
    for feigned in "-e inject=recvfrom,sendto:error=EAGAIN:when=1+2" \
        "-P $PWD/a -e inject=read:error=EAGAIN:when=1+2"; do
        # shellcheck disable=SC2086 # words
        run timeout "$limit" strace -qqo trace $feigned \
            "$bin/client" a.sock <a
        expect_end 0 "$reply"
        grep INJECTED trace
    done
}

@test "a client's read(2) that a signal interrupts is made again" {
    needs strace
    start_server a.sock
    echo hello >a
    run timeout "$limit" strace -qqo trace -P "$PWD/a" \
        -e inject=read:error=EINTR:when=1+2 "$bin/client" a.sock <a
    expect_end 0 "$reply"
    grep 'read.*INJECTED' trace
}

@test "a client reaches a server whose path has 107 bytes" {
    path=$(printf '%0107d' 0)
    start_server "$path"
    run client "$path" <<<hello
    expect_end 0 "$reply"
}

@test "without one standard stream, whichever, none becomes a client's socket" {
    needs strace
    start_server a.sock
    expect_streams_kept "$bin/client" a.sock
}

@test "what follows -- is a client's path, though it begins with a dash" {
    start_server ./-x
    run client -- -x <<<hello
    expect_end 0 "$reply"
}

@test "a client's -h whose line-buffered output fails gives status 1" {
    expect_help_error client
}
