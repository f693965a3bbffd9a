#!/usr/bin/env bats
#
# Lesson 04: the client, which ends when the server has written everything.
# on: 04-abstract/client

load helpers/helpers
load helpers/abstract
load helpers/clients
load helpers/resources

# client_is_connected: somebody has connected to our name
client_is_connected() {
    awk -v ours="@$name" '$NF == ours && $4 == "00000000" {found = 1}
        END {exit !found}' /proc/net/unix
}

@test "a client whom no server awaits says so with status 1" {
    run client "$name" </dev/null
    expect_run 1 "client: connect @$name: Connection refused"
}

@test "a client whose server is killed says so with status 1" {
    start_server "$name"
    head -c 1M /dev/zero >a
    stop_server
    client "$name" <a 2>errors &
    wait_until client_is_connected
    end_server KILL
    status=0
    wait $! || status=$?
    output=$(<errors)
    expect_like '1 client: send to the server: *' "$status $output"
}

@test "a client hears of it when the server was killed before it wrote" {
    start_server "$name"
    stop_server
    "$bin/client" "$name" <<<hello 2>errors 3>&- &
    wait_until is_asleep $! # it has sent hello, and waits for the end
    end_server KILL
    status=0
    wait $! || status=$?
    expect_like '1 client: * Connection reset by peer' "$status $(<errors)"
}

@test "a client that cannot read its input says so with status 1" {
    start_server "$name"
    run client "$name" </
    expect_run 1 'client: read standard input: Is a directory'
}

@test "a client does not end before the server has read everything" {
    start_server "$name"
    stop_server
    echo hello >a
    run timeout 0.3 "$bin/client" "$name" <a
    expect_equal 124 "$status" # timeout(1) had to end it
}

@test "a client waits for the end, also if its server says something before" {
    start peer stream bind "@$name" listen print ready \
        accept drain send x print said wait
    expect_answer ready
    echo hello >a
    "$bin/client" "$name" <a >got 2>&1 3>&- {orders}>&- &
    expect_answer 6
    expect_answer said
    expect_idle 0.2 $!
    is_running $!
    close_orders
    wait_client $!
    expect_run 0 ''
}

@test "read(2) that a signal interrupts is made again" {
    needs strace
    echo hello >a
    start_server "$name"
    timeout "$limit" strace -qqo trace -P "$PWD/a" \
        -e inject=read:error=EINTR:when=1+2 "$bin/client" "$name" <a
    expect_equal hello "$(<out)"
    grep 'read.*INJECTED' trace
}

@test "without one standard stream, whichever, none becomes a socket" {
    needs strace
    start_server "$name"
    expect_streams_kept "$bin/client" "$name"
}

@test "socat as a server serves our client" {
    needs socat
    timeout "$limit" socat -u "ABSTRACT-LISTEN:$name" - >got 3>&- &
    await_listener "@$name"
    echo hello | client "$name"
    expect_equal hello "$(<got)"
}

@test "python3 as a server serves our client" {
    python_server STREAM "@$name" >got <<'PYTHON'
print(c.recv(100).decode(), end="", flush=True)
PYTHON
    echo hello | client "$name"
    expect_equal hello "$(<got)"
}
