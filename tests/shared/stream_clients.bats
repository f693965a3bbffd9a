#!/usr/bin/env bats
#
# What every client promises that passes its standard input to the server,
# and what the server sends to its standard output, both at once.
# on: 01-stream/client 06-creds/client

load ../helpers/helpers
load ../helpers/callers
load ../helpers/clients
load ../helpers/resources

@test "a client whose server is killed says so with status 1" {
    start_server a.sock
    start client a.sock
    echo hello >&"$orders"
    expect_answer "$reply"
    end_server KILL
    status=0
    wait "$started" || status=$?
    output=$(<errors)
    expect_end 1 'client: recv a.sock: the server closed the connection'
}

@test "a client gets all that the server sent before it left" {
    start peer stream bind a.sock listen print ready accept send bye
    expect_answer ready
    mkfifo silence
    exec {silence}<>silence
    run client a.sock <silence
    expect_end 1 "byeclient: recv a.sock: the server closed the connection"
}

@test "a client that is still sending gets it as well" {
    head -c 8M /dev/zero >a
    start peer stream bind a.sock listen print ready accept send bye
    expect_answer ready
    run client a.sock <a
    expect_end 1 "byeclient: recv a.sock: the server closed the connection"
}

@test "a client whose server reads no more still gets what it sends" {
    needs strace # to see when the client has met EPIPE
    start peer stream bind a.sock listen print ready \
        accept deaf print deaf wait send bye
    expect_answer ready
    mkfifo silence
    exec {silence}<>silence
    timeout "$limit" strace -qqo trace -e trace=sendto "$bin/client" a.sock \
        <silence >got 2>errors 3>&- {orders}>&- &
    expect_answer deaf
    echo hello >&"$silence"
    wait_until grep -q EPIPE trace
    echo again >&"$silence" # which it does not even try to send
    expect_idle 0.2 "$(children_of "$(children_of $!)")"
    expect_equal 1 "$(grep -c EPIPE trace)"
    close_orders
    status=0
    wait $! || status=$?
    output=$(<errors)
    expect_end 1 'client: recv a.sock: the server closed the connection'
    expect_equal bye "$(<got)"
}

@test "a client that cannot read its input says so with status 1" {
    start_server a.sock
    run client a.sock </
    expect_end 1 'client: read standard input: Is a directory'
    exec {wrong_end}> >(:) # of a pipe, whose reader has gone
    wait $!
    run client a.sock <&"$wrong_end"
    expect_end 1 'client: read standard input: Bad file descriptor'
}

@test "a client that cannot write says so with status 1" {
    start_server a.sock
    run bash -c 'echo hello | "$1" a.sock >/dev/full' - "$bin/client"
    expect_end 1 'client: write standard output: No space left on device'
}

@test "at the end of its input a client half-closes, and gets the rest" {
    start peer stream bind a.sock listen print ready \
        accept receive end print end wait send bye
    expect_answer ready
    (printf hello | client a.sock >got 2>said) 3>&- {orders}>&- &
    expect_answer hello
    expect_answer end
    close_orders
    wait $!
    expect_equal bye "$(<got)"
}

@test "a client sends a single byte, and prints one" {
    start peer stream bind a.sock listen print ready \
        accept receive end send x
    expect_answer ready
    printf y | client a.sock >got 2>said
    expect_answer y
    printf x | cmp - got
}

@test "a client whose server leaves with bytes unread says the same" {
    start peer stream bind a.sock listen print ready accept readable
    expect_answer ready
    mkfifo silence
    exec {silence}<>silence
    echo hello >&"$silence"
    run client a.sock <silence
    expect_end 1 'client: recv a.sock: the server closed the connection'
}

@test "a client that has sent all learns that its server left bytes unread" {
    needs strace # to see when the client has half-closed
    start peer stream bind a.sock listen print ready accept wait
    expect_answer ready
    echo hello >input
    timeout "$limit" strace -qqo trace -e trace=shutdown "$bin/client" a.sock \
        <input >got 2>&1 3>&- {orders}>&- &
    wait_until grep -q ' = 0$' trace
    close_orders
    wait_client $!
    expect_end 1 'client: recv a.sock: the server closed the connection'
}

@test "lines that come at once go at once, and need not wait for more" {
    start_server a.sock
    mkfifo input
    exec {input}<>input
    "$bin/client" a.sock <input >got 2>said 3>&- {input}>&- &
    printf 'one\ntwo\n' >&"$input"
    wait_until grep -q two got
}

@test "a client leaves its standard streams as it got them" {
    start_server a.sock
    mkfifo output
    exec {input}< <(echo hello) {output}<>output
    before=$(flags_of "$input" "$output")
    client a.sock <&"$input" >&"$output" 2>&1
    expect_equal "$before" "$(flags_of "$input" "$output")"
}

@test "a client sends what it has, though its server never stops sending" {
    python_server STREAM "$own" <<'PYTHON'
import select
c.sendall(bytes(300000))
open("flooded", "w")
while not select.select([c], [], [], 0)[0]:
    c.sendall(bytes(65536))
open("came", "w").write(c.recv(100).decode())
PYTHON
    mkfifo input
    exec {input}<>input # it is read in small pieces, so there always are more
    client "$own" <input 2>said 3>&- {input}>&- |
        dd bs=16 of=/dev/null 2>said.dd 3>&- &
    wait_until test -e flooded
    echo hello >&"$input"
    wait_until test -s came
    expect_equal hello "$(<came)"
}

@test "a client whose server left first says so, also if its input ends then" {
    start peer stream bind a.sock listen print ready accept print here wait
    expect_answer ready
    mkfifo silence
    exec {silence}<>silence
    "$bin/client" a.sock <silence >got 2>&1 3>&- {orders}>&- {silence}>&- &
    expect_answer here
    wait_until is_asleep $! # in poll(2), from where it shall see both at once
    kill -STOP $!
    wait_until is_stopped $!
    close_orders
    wait "$started"
    exec {silence}>&-
    kill -CONT $!
    wait_client $!
    expect_end 1 'client: recv a.sock: the server closed the connection'
}

@test "a client that waits for its input idles" {
    start_server a.sock
    mkfifo silence
    exec {silence}<>silence
    "$bin/client" a.sock <silence >got 2>said 3>&- &
    echo hello >&"$silence"
    wait_until grep -q . got
    expect_idle 0.3 $!
}

@test "a client whose server stalls idles, and loses nothing" {
    start peer stream bind a.sock listen print ready \
        accept wait drain
    expect_answer ready
    head -c 4000000 /dev/zero >input
    "$bin/client" a.sock <input >got 2>said 3>&- {orders}>&- &
    wait_until reads_no_more $!
    expect_idle 0.5 $!
    close_orders
    expect_answer 4000000
}

# reads_no_more PID: it has begun to read its standard input, a file, and is
# where it was when we asked last
reads_no_more() {
    local last=${place:-0}
    place=$(awk '/^pos:/ {print $2}' "/proc/$1/fdinfo/0")
    ((place > 0 && place == last))
}

@test "what would make a client wait after all, or a signal, it tries again" {
    needs strace
    echo hello >input
    start_server a.sock
    for error in EAGAIN EINTR; do
        run timeout "$limit" strace -qqo trace -e signal=none -P "$PWD/input" \
            -e inject="read:error=$error:when=1" "$bin/client" a.sock <input
        expect_end 0 "$reply"
        grep -q "$error.*INJECTED" trace
        run trace_client -e inject="sendto,recvfrom:error=$error:when=1"
        expect_end 0 "$reply"
        expect_equal 2 "$(grep -c "$error.*INJECTED" trace.client)"
    done
}

@test "nc -lU as a server serves our client" {
    needs_nc
    timeout "$limit" nc -lU "$own" <<<welcome >got 3>&- &
    await_listener "$own"
    run client "$own" <<<hello
    expect_end 0 welcome
    expect_equal hello "$(<got)"
}

@test "socat as a server serves our client" {
    needs socat
    timeout "$limit" socat "UNIX-LISTEN:$own" PIPE 3>&- &
    await_listener "$own"
    run client "$own" <<<hello
    expect_end 0 hello
}

@test "python3 as a server serves our client" {
    python_server STREAM "$own" <<'PYTHON'
c.sendall(c.recv(100))
PYTHON
    run client "$own" <<<hello
    expect_end 0 hello
}

@test "a client whose server answers more than it is asked does not deadlock" {
    python_server STREAM "$own" <<'PYTHON'
while data := c.recv(65536):
    c.sendall(data * 4)
PYTHON
    head -c 4M /dev/zero >a
    client "$own" <a | cmp - <(head -c 16M /dev/zero)
}

@test "a client that has sent everything half-closes, and then only waits" {
    start peer stream bind a.sock listen print ready \
        accept receive end print end wait
    expect_answer ready
    printf hello >input
    "$bin/client" a.sock <input >got 2>&1 3>&- {orders}>&- &
    expect_answer hello
    expect_answer end
    expect_idle 0.3 $!
    close_orders
    wait $!
}

@test "a write(2) that a signal interrupts is made again" {
    needs strace
    start_server a.sock
    touch output # by whose name strace(1) knows it
    timeout "$limit" strace -qqqo trace -P "$PWD/output" -e trace=write \
        -e inject=write:error=EINTR:when=1 "$bin/client" a.sock \
        <<<hello >output
    expect_equal "$reply" "$(<output)"
    grep -q INJECTED trace
}

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

@test "a pipe that was closed without a byte is the end of a client's input" {
    start_server a.sock
    mkfifo input
    exec {input}<>input
    exec {reader}<input
    exec {input}>&- # poll(2) says POLLHUP now, and not POLLIN
    run client a.sock <&"$reader"
    expect_equal 0 "$status"
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
