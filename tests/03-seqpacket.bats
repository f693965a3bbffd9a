#!/usr/bin/env bats
#
# Lesson 03: records, with their boundaries, over a connection.
# on: 03-seqpacket/server
# also: 03-seqpacket/client

load helpers/helpers
load helpers/callers

@test "three sends are three receives" {
    start_server a.sock
    run call a.sock send one send three send '' receive receive end
    expect_run 0 $'one\nthree'
    run client a.sock ping ping ping
    expect_run 0 $'Response 1 : ping\nResponse 2 : ping\nResponse 3 : ping'
}

@test "of a record of 50 bytes, 32 fit and 18 are said to be lost" {
    record='fifty bytes of text, of which only 32 fit the read'
    start_server a.sock
    run client -n 32 a.sock "$record" next
    expect_run 0 "\
Response 1 : fifty bytes of text, of which on (18 bytes lost)
Response 2 : next"
    run client -n 50 a.sock "$record"
    expect_run 0 "Response 1 : $record"
    run client -n 49 a.sock "$record"
    expect_run 0 "Response 1 : ${record%?} (1 bytes lost)"
}

@test "a message may begin with -" {
    start_server a.sock
    run client a.sock -n
    expect_run 0 'Response 1 : -n'
}

@test "a SIZE that is no number from 1 to 1073741824 is wrong usage" {
    for size in 0 -1 1073741825 ten 5x '' 99999999999999999999; do
        run client -n "$size" a.sock hello
        expect_run 2 "\
client: size '$size' is not a number from 1 to 1073741824
usage: client [-n SIZE] PATH MESSAGE..."
    done
}

@test "records from 1 byte to the kernel's largest come back whole" {
    local steps=()
    start_server a.sock
    largest=$(peer seqpacket largest)
    for size in 1 2 3 10 1000 4095 4096 4097 65535 65536 65537 "$largest"; do
        steps+=(record "$size")
    done
    call a.sock "${steps[@]}"
    run call a.sock record $((largest + 1)) # there is none that is larger
    expect_run 1 "peer: record $((largest + 1)): Message too long"
}

@test "a message larger than any record is refused with its size" {
    needs strace # no operand is that long, so the kernel's answer is feigned
    start_server a.sock
    run timeout "$limit" strace -qqo trace -e inject=sendto:error=EMSGSIZE \
        "$bin/client" a.sock hello
    expect_run 1 'client: send message 1 of 5 bytes: Message too long'
}

@test "which message cannot be sent, the client says by its number" {
    needs strace
    start_server a.sock
    run timeout "$limit" strace -qqo trace \
        -e inject=sendto:error=EMSGSIZE:when=2 \
        "$bin/client" a.sock hello 'hello, world'
    expect_run 1 'client: send message 2 of 12 bytes: Message too long'
}

@test "which record does not come, the client says by its number" {
    start peer seqpacket bind a.sock listen print ready \
        accept receive receive send first
    expect_answer ready
    run client a.sock one two
    expect_run 1 "Response 1 : first
client: recv record 2: the server closed the connection"
}

@test "the largest argument comes back whole" {
    message=$(printf '%0131071d' 0)
    start_server a.sock
    run client -n 131072 a.sock "$message"
    expect_run 0 "Response 1 : $message"
}

@test "without -n, a client has room for 65,536 bytes" {
    message=$(printf '%065536d' 0)
    start_server a.sock
    run client a.sock "$message" "${message}1"
    expect_run 0 "Response 1 : $message
Response 2 : $message (1 bytes lost)"
}

@test "a record is printed with each NUL byte in it, and not a byte more" {
    start peer seqpacket bind a.sock listen print ready \
        accept receive send longer record 2
    expect_answer ready
    client a.sock one two >got
    printf 'Response 1 : longer\nResponse 2 : \0\37\n' |
        cmp - got
}

@test "a client with a larger send buffer has its larger records echoed" {
    start_server a.sock
    larger=$(peer seqpacket room 300000 largest)
    ((larger > $(peer seqpacket largest)))
    call a.sock room 300000 record "$larger"
}

@test "where no buffer can grow, the largest record is echoed all the same" {
    needs strace
    start_traced_server -f -e trace=setsockopt -e inject=setsockopt:retval=0
    call a.sock record "$(peer seqpacket largest)"
    expect_line 'INJECTED' trace
}

@test "more messages than the buffers hold do not deadlock" {
    start_server a.sock
    client a.sock {1..20000} >got
    seq 20000 | sed 's/.*/Response & : &/' | cmp - got
}

@test "a server may take 200 messages before it answers the first" {
    local takes=() answers=()
    for i in {1..200}; do takes+=(receive) answers+=(send "$i"); done
    start peer seqpacket bind a.sock listen print ready \
        accept "${takes[@]}" "${answers[@]}" end
    expect_answer ready
    client a.sock {1..200} >got
    seq 200 | sed 's/.*/Response & : &/' | cmp - got
}

@test "more bytes than the buffers hold do not deadlock" {
    message=$(printf '%0100000d' 0)
    for i in {1..15}; do echo "Response $i : ${message}$i"; done >all
    start_server a.sock
    client -n 200000 a.sock "$message"{1..15} >got
    cmp all got
    # our server's buffer may be so large that it holds them; this one's is not
    local echoes=()
    for _ in {1..15}; do echoes+=(echo); done
    start peer seqpacket bind b.sock listen print ready accept "${echoes[@]}"
    expect_answer ready
    client -n 200000 b.sock "$message"{1..15} >got
    cmp all got
}

@test "an empty message is refused before anything is done" {
    run client nowhere/a.sock ping ''
    expect_run 1 'client: message 2 is empty: it would look like the end'
}

@test "an empty record ends the conversation, and only that one" {
    start_server a.sock
    run call a.sock send ping receive send '' end end # it stays at its end
    expect_run 0 ping
    run client a.sock ping
    expect_run 0 'Response 1 : ping'
}

@test "a silent client does not hold up another" {
    start_server a.sock
    start call a.sock print here wait
    expect_answer here
    limit=5 run client a.sock ping # less than the silent one has
    expect_run 0 'Response 1 : ping'
}

@test "a client that stops reading does not hold up another" {
    start_server a.sock
    start call a.sock fill print full wait
    expect_answer full
    limit=5 run client a.sock ping # less than the other one has
    expect_run 0 'Response 1 : ping'
}

@test "a client sends all its messages before it waits for a record" {
    start peer seqpacket bind a.sock listen print ready \
        accept receive receive send a send b
    expect_answer ready
    run client a.sock one two
    expect_run 0 $'Response 1 : a\nResponse 2 : b'
}

@test "a client whose server leaves says so with status 1" {
    start peer seqpacket bind a.sock listen print ready accept receive
    expect_answer ready
    run client a.sock ping
    expect_run 1 'client: recv record 1: the server closed the connection'
}

@test "a client whose server leaves with a record unread says it as it is" {
    start peer seqpacket bind a.sock listen print ready accept readable
    expect_answer ready
    run client a.sock ping
    expect_run 1 'client: recv record 1: Connection reset by peer'
}

@test "a client that cannot write says so with status 1" {
    start_server a.sock
    run bash -c '"$1" a.sock ping >/dev/full' - "$bin/client"
    expect_run 1 'client: write standard output: No space left on device'
    # line by line, nothing is left in the buffer that could still fail
    run bash -c 'stdbuf -oL "$1" a.sock ping >/dev/full' - "$bin/client"
    expect_run 1 'client: write standard output: No space left on device'
}

@test "socat as a client is served" {
    needs socat
    start_server a.sock
    run timeout "$limit" socat -t "$limit" - UNIX-CONNECT:a.sock,type=5 <<<ping
    expect_run 0 ping
}

@test "socat as a server serves our client" {
    needs socat
    timeout "$limit" socat "UNIX-LISTEN:$own,type=5" PIPE 3>&- &
    await_listener "$own"
    run client "$own" ping
    expect_run 0 'Response 1 : ping'
}

@test "python3 as a client is served" {
    needs python3
    start_server a.sock
    run timeout "$limit" python3 - <<'PYTHON'
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect("a.sock")
s.send(b"one")
s.send(b"two")
print(s.recv(100).decode(), s.recv(100).decode())
PYTHON
    expect_run 0 'one two'
}

@test "python3 as a server serves our client" {
    python_server SEQPACKET "$own" <<'PYTHON'
c.send(c.recv(100)[::-1])
PYTHON
    run client "$own" ping
    expect_run 0 'Response 1 : gnip'
}

@test "SIZE may be 1, and 1073741824, and has no other base than ten" {
    start_server a.sock
    run client -n 1 a.sock hello
    expect_run 0 'Response 1 : h (4 bytes lost)'
    run client -n 1073741824 a.sock hello
    expect_run 0 'Response 1 : hello'
    run client -n 010 a.sock 'long message'
    expect_run 0 'Response 1 : long messa (2 bytes lost)'
}

@test "a client prints each record when it comes" {
    start peer seqpacket bind a.sock listen print ready \
        accept receive send one wait
    expect_answer ready
    "$bin/client" a.sock one two >got 2>&1 3>&- {orders}>&- &
    wait_until grep -q 'Response 1 : one' got
}

@test "an empty message is refused wherever it stands" {
    start_server a.sock
    run client a.sock '' pong
    expect_run 1 'client: message 1 is empty: it would look like the end'
}

@test "without a message, a client shows its usage" {
    start_server a.sock
    run client a.sock
    expect_run 2 'usage: client [-n SIZE] PATH MESSAGE...'
}

@test "a client whose send buffer cannot be raised is dropped, and that is said" {
    needs strace
    for call in setsockopt getsockopt; do
        start_traced_server -f -e trace="$call" -e signal=none \
            -e inject="$call:error=ENOMEM"
        for _ in 1 2; do # the server itself goes on
            run peer seqpacket connect a.sock end
            expect_run 0 ''
            expect_log 'server: SO_SNDBUF: Cannot allocate memory'
        done
        end_traced_server
    done
}

@test "a client that has no memory for SIZE says so with status 1" {
    needs_plain_programs
    run prlimit --as=100000000 "$bin/client" -n 1073741824 a.sock hello
    expect_run 1 'client: malloc: Cannot allocate memory'
}

@test "a client for whom there is no memory is dropped, and that is said" {
    needs_plain_programs
    start_server a.sock
    prlimit --pid "$server" --as=1
    run peer seqpacket connect a.sock end
    expect_run 0 ''
    expect_log 'server: malloc: Cannot allocate memory'
}

@test "a record that is longer than any ends its client's child with a line" {
    needs strace # which feigns it
    start_traced_server -f -e trace=recvfrom -e signal=none \
        -e inject=recvfrom:retval=1000000000
    run peer seqpacket connect a.sock send hello end
    expect_log 'server: recv from a client: 1000000000 bytes, * fit'
    end_traced_server
}

@test "an empty record is not sent back: the conversation ends at once" {
    needs strace # for a client, an empty record looks like the end
    start_traced_server -f -e trace=sendto -e signal=none
    run peer seqpacket connect a.sock send '' end end
    expect_run 0 ''
    end_traced_server
    expect_equal '' "$(<trace)"
}

@test "a client that has gone is not spoken of" {
    needs strace
    start_traced_server -f -e trace=recvfrom -e signal=none \
        -e inject=recvfrom:error=ECONNRESET
    run peer seqpacket connect a.sock end
    expect_run 0 ''
    end_traced_server
    expect_equal '' "$(cat <&"$log")"
}
