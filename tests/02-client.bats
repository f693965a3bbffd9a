#!/usr/bin/env bats
#
# Lesson 02: the client, its own address, and servers that do not answer.
# on: 02-datagram/client

load helpers/helpers
load helpers/clients

# start_deaf_server: a server at a.sock that answers nothing, until orders
# is closed; then it echoes one datagram
start_deaf_server() {
    start peer datagram bind a.sock print ready wait echo
    expect_answer ready
}

# start_client MESSAGE...: in the background; $client is its pid, and its
# address is there
start_client() {
    env --default-signal "$bin/client" a.sock "$@" \
        >got 2>&1 3>&- {orders}>&- &
    client=$!
    wait_until test -S "a.sock.$client"
}

@test "a stranger's reply is refused, and the server's is taken" {
    start_deaf_server
    start_client hello
    run peer datagram sendto "a.sock.$client" lie
    expect_run 1 "peer: sendto a.sock.$client: Operation not permitted"
    close_orders
    wait_client "$client"
    expect_run 0 'Response 1 : hello'
}

@test "the client connects before it has an address" {
    needs strace
    start_server a.sock
    run timeout "$limit" strace -qqo trace -e trace=connect,bind \
        "$bin/client" a.sock hello
    expect_equal 'connect bind ' "$(sed 's/(.*//' trace | tr '\n' ' ')"
}

@test "the client's file is gone after success" {
    start_server a.sock
    client a.sock hello
    expect_nothing_at a.sock.[0-9]*
}

@test "the client's file is gone after an error" {
    start_server a.sock
    run bash -c '"$1" a.sock hello >/dev/full' - "$bin/client"
    expect_run 1 'client: write standard output: No space left on device'
    expect_nothing_at a.sock.[0-9]*
}

@test "the client's file is gone after each signal that ends it" {
    start_deaf_server
    for signal in HUP INT PIPE TERM; do
        start_client hello
        kill "-$signal" "$client"
        wait_client "$client"
        expect_equal "SIG$signal" "SIG$(kill -l "$status")"
        expect_nothing_at "a.sock.$client"
    done
}

@test "the client's file is gone after a signal that comes as it is made" {
    needs strace
    start_server a.sock
    run timeout "$limit" strace -qqo trace -e trace=bind \
        -e inject=bind:signal=TERM "$bin/client" a.sock hello
    expect_equal SIGTERM "SIG$(kill -l "$status")"
    expect_line 'killed by SIGTERM' trace # it does not just exit with 143
    expect_nothing_at a.sock.[0-9]*
}

@test "the client's file is gone after whichever signal comes as it is made" {
    needs strace
    start_server a.sock
    for signal in HUP INT PIPE; do
        run timeout "$limit" strace -qqo trace -e trace=bind \
            -e inject="bind:signal=$signal" \
            env --default-signal "$bin/client" a.sock hello
        expect_equal "SIG$signal" "SIG$(kill -l "$status")"
        expect_nothing_at a.sock.[0-9]*
    done
}

@test "SIGINT that was ignored at the start, as a script's & does, stays so" {
    start_deaf_server
    env --ignore-signal=INT,PIPE,TERM "$bin/client" a.sock hello \
        >got 2>&1 3>&- {orders}>&- &
    client=$!
    wait_until test -S "a.sock.$client"
    for signal in INT PIPE TERM; do kill "-$signal" "$client"; done
    close_orders
    wait_client "$client"
    expect_run 0 'Response 1 : hello'
}

@test "clients that run at once have addresses of their own" {
    start_deaf_server
    start_client one
    local first=$client
    start_client two
    expect_file socket "a.sock.$first"
    expect_file socket "a.sock.$client"
}

@test "a client waits for a reply that is late" {
    start_deaf_server
    start_client hello
    wait_until is_asleep "$client"
    close_orders
    wait_client "$client"
    expect_run 0 'Response 1 : hello'
}

@test "a signal while it waits for a reply makes it send nothing again" {
    needs strace
    start_server a.sock
    run timeout "$limit" strace -qqo trace -e trace=recvfrom -e signal=none \
        -e inject=recvfrom:error=EINTR:when=1+2 "$bin/client" a.sock one two
    expect_run 0 $'Response 1 : ONE\nResponse 2 : TWO'
}

@test "of many messages each has its reply, in order" {
    start_server a.sock
    client a.sock {1..200} >got
    seq 200 | sed 's/.*/Response & : &/' | cmp - got
}

@test "a reply is printed with each NUL byte in it, and not a byte more" {
    needs python3
    timeout "$limit" python3 - 3>&- <<'PYTHON' &
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("a.sock")
for reply in b"longer than the next", b"\0a\0":
    data, sender = s.recvfrom(100)
    s.sendto(reply, sender)
PYTHON
    wait_until test -S a.sock
    client a.sock one two >got
    printf 'Response 1 : longer than the next\nResponse 2 : \0a\0\n' |
        cmp - got
}

@test "a signal that was ignored at the start stays ignored" {
    start_deaf_server
    env --ignore-signal=HUP "$bin/client" a.sock hello \
        >got 2>&1 3>&- {orders}>&- &
    client=$!
    wait_until test -S "a.sock.$client"
    kill -HUP "$client"
    close_orders
    wait_client "$client"
    expect_run 0 'Response 1 : hello'
}

@test "a client's own path that does not fit is refused, and makes nothing" {
    path=$(printf '%0107d' 0)
    start_server "$path"
    run client "$path" hello
    expect_like "1 client: path '$path.* has 1* bytes, 1 to 107 fit" \
        "$status $output"
    expect_nothing_at "$path".[0-9]*
}

@test "a client's own path of 107 bytes is taken" {
    mkfifo own
    # shellcheck disable=SC2016 # the inner shell's
    bash -c 'path=$(printf "%0*d" $((106 - ${#$})) 0)
        echo "$path" >own
        read -r _ <own
        exec "$1" "$path" hello' - "$bin/client" >got 2>&1 3>&- &
    client=$!
    read -r path <own
    expect_equal 107 "$(printf %s "$path.$client" | wc -c)"
    start_server "$path"
    echo served >own
    wait_client "$client"
    expect_run 0 'Response 1 : HELLO'
}

@test "without a reply or room for 5 seconds, the client says so" {
    local fill=()
    start_deaf_server
    start_client unheard 'nor sent'
    wait_until is_asleep "$client" # it has sent, and waits for its reply
    # its queue of 1 + max_dgram_qlen fills up, and the sender waits
    mapfile -t fill < <(yes $'send\nx' | head -n 600)
    "$tests/tools/peer" datagram connect a.sock "${fill[@]}" 3>&- {orders}>&- &
    wait_until is_asleep $!
    SECONDS=0
    run client a.sock hello
    expect_run 1 'client: send a.sock: no room for 5 seconds'
    wait_client "$client"
    expect_run 1 'client: recv a.sock: no reply for 5 seconds'
    ((SECONDS >= 4 && SECONDS <= 9))
    expect_nothing_at a.sock.[0-9]*
}

@test "socat as a server serves our client" {
    needs socat
    timeout "$limit" socat UNIX-RECVFROM:a.sock PIPE 3>&- &
    wait_until test -S a.sock
    run client a.sock hello
    expect_run 0 'Response 1 : hello'
}

@test "python3 as a server serves our client" {
    needs python3
    timeout "$limit" python3 - 3>&- <<'PYTHON' &
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("a.sock")
data, sender = s.recvfrom(100)
s.sendto(data[::-1], sender)
PYTHON
    wait_until test -S a.sock
    run client a.sock hello
    expect_run 0 'Response 1 : olleh'
}

@test "of a reply that is longer than any message, the client tells the loss" {
    needs python3
    timeout "$limit" python3 - 3>&- <<'PYTHON' &
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("a.sock")
data, sender = s.recvfrom(100)
s.sendto(b"x" * 131074, sender)
PYTHON
    wait_until test -S a.sock
    run client a.sock hello
    expect_like 'Response 1 : xxx*x (2 bytes lost)' "$output"
}

@test "a client whose own address is taken says what to do, and removes none" {
    needs_root # to have pid 1 in a namespace, as another one may have had
    unshare --pid --fork true || skip "may not make a pid namespace"
    start_server a.sock
    touch a.sock.1
    run timeout "$limit" unshare --pid --fork --kill-child \
        "$bin/client" a.sock hello
    expect_run 1 "client: bind a.sock.1: Address already in use: \
remove it, if a client that was killed left it"
    expect_file 'regular empty file' a.sock.1
}

@test "a client prints each reply when it comes" {
    start peer datagram bind a.sock print ready echo wait
    expect_answer ready
    "$bin/client" a.sock one two >got 2>&1 3>&- {orders}>&- &
    limit=3 wait_until grep -q 'Response 1 : one' got # else it gives up at 5
}

@test "a client that cannot write says so with status 1" {
    start_server a.sock
    run bash -c '"$1" a.sock hello >/dev/full' - "$bin/client"
    expect_run 1 'client: write standard output: No space left on device'
}

@test "a client whose line-buffered output fails says so with status 1" {
    start_server a.sock
    run bash -c 'stdbuf -oL "$1" a.sock hello >/dev/full' - "$bin/client"
    expect_run 1 'client: write standard output: No space left on device'
}

@test "without a message, a client shows its usage" {
    start_server a.sock
    run client a.sock
    expect_run 2 'usage: client PATH MESSAGE...'
}
