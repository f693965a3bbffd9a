#!/usr/bin/env bats
#
# Lesson 04: signals end the server in order, wherever it waits.
# on: 04-abstract/server

load helpers/helpers

name=$$-抽象名前空間

# expect_prompt_end SIGNAL: it ends the server with status 0, and before a
# client would be ended
expect_prompt_end() {
    kill "-$1" "$server"
    limit=5 wait_until has_ended "$server"
    status=0
    wait "$server" || status=$?
    expect_equal "SIG$1: 0" "SIG$1: $status"
}

# start_under COMMAND [ARG...]: a server, which COMMAND becomes
start_under() {
    "$@" "$bin/server" "$name" >out 2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log "server: listening on @$name"
}

@test "SIGINT and SIGTERM end it with status 0" {
    for signal in INT TERM; do
        start_server "$name"
        end_server "$signal"
        expect_equal 0 "$status"
    done
}

@test "SIGTERM ends it in order as soon as it says that it listens" {
    needs strace
    strace -D -qqo trace -e trace=write -e inject=write:signal=TERM:when=1 \
        "$bin/server" "$name" 2>errors 3>&- &
    status=0
    wait $! || status=$?
    expect_equal "status 0: server: listening on @$name" \
        "status $status: $(<errors)"
}

@test "SIGTERM ends it while a client is connected, too" {
    start_server "$name"
    start client "$name"
    echo hello >&"$orders"
    wait_until grep -q hello out
    expect_prompt_end TERM
    expect_no_line "@$name\$" /proc/net/unix
}

@test "SIGINT and SIGHUP end it while a client is connected, too" {
    for signal in INT HUP; do
        start_under env --default-signal=INT,HUP
        start client "$name"
        echo hello >&"$orders"
        wait_until grep -q hello out
        expect_prompt_end "$signal"
        rm orders answers
    done
}

@test "SIGINT, SIGTERM and SIGHUP end it while it waits to write, too" {
    mkfifo out
    exec {out}<>out
    head -c 65536 /dev/zero >&"$out" # its first write(2) has to wait
    for signal in INT TERM HUP; do
        start_under env --default-signal=INT,HUP
        peer stream connect "@$name" send hello
        wait_until grep -q pipe "/proc/$server/wchan"
        expect_prompt_end "$signal"
    done
}

@test "SIGHUP ends it in order, unless it was ignored" {
    start_under env --default-signal=HUP
    end_server HUP
    expect_equal 0 "$status"
    start_under env --ignore-signal=HUP
    kill -HUP "$server"
    client "$name" <<<hello
    expect_equal hello "$(<out)"
}
