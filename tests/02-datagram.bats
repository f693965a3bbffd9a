#!/usr/bin/env bats
#
# Lesson 02: datagrams to a server that answers in capitals.
# on: 02-datagram/server
# also: 02-datagram/client

load helpers/helpers
load helpers/clients

@test "the session of the notes goes word for word" {
    start_server a.sock
    run client a.sock hello world
    expect_run 0 $'Response 1 : HELLO\nResponse 2 : WORLD'
    expect_log 'server: received 5 bytes from a.sock.[1-9]*'
    expect_log 'server: received 5 bytes from a.sock.[1-9]*'
    run client a.sock 'long message'
    expect_run 0 'Response 1 : LONG MESSA'
    expect_log 'server: received 10 bytes from a.sock.[1-9]*, 2 more lost'
}

@test "without -n, it has room for 10 bytes" {
    start_server a.sock
    run client a.sock 0123456789 0123456789a
    expect_run 0 $'Response 1 : 0123456789\nResponse 2 : 0123456789'
    expect_log 'server: received 10 bytes from a.sock.+([0-9])'
    expect_log 'server: received 10 bytes from a.sock.+([0-9]), 1 more lost'
}

@test "the log names the client's own address" {
    start_server a.sock
    "$bin/client" a.sock hello >got 3>&- &
    wait $!
    expect_log "server: received 5 bytes from a.sock.$!"
}

@test "a message of exactly SIZE is whole, and of SIZE + 1 loses one byte" {
    start_server -n 5 a.sock
    run client a.sock 12345 123456 54321
    expect_run 0 $'Response 1 : 12345\nResponse 2 : 12345\nResponse 3 : 54321'
    expect_log 'server: received 5 bytes from a.sock.+([0-9])'
    expect_log 'server: received 5 bytes from a.sock.+([0-9]), 1 more lost'
    expect_log 'server: received 5 bytes from a.sock.+([0-9])'
}

@test "a message may begin with -" {
    start_server a.sock
    run client a.sock -n
    expect_run 0 'Response 1 : -N'
}

@test "the reply to a cut message has not one byte more" {
    start_server -n 5 a.sock
    client a.sock 123456 >got
    printf 'Response 1 : 12345\n' | cmp - got
}

@test "a SIZE that is no number from 1 to 1073741824 is wrong usage" {
    for size in 0 -1 1073741825 ten 5x '' 99999999999999999999; do
        run program server -n "$size" a.sock
        expect_run 2 "\
server: size '$size' is not a number from 1 to 1073741824
usage: server [-n SIZE] PATH"
    done
}

@test "only ASCII letters become capitals, and every other byte stays" {
    start_server -n 100 a.sock
    run client a.sock 'aZ09 ~é抽象'
    expect_run 0 'Response 1 : AZ09 ~é抽象'
}

@test "behind a NUL byte, too, letters become capitals" {
    start_server a.sock
    run peer datagram bind me connect a.sock hex 610062 receive
    expect_run 0 'A\0B'
}

@test "an empty datagram has an empty reply" {
    start_server a.sock
    run client a.sock '' x
    expect_run 0 $'Response 1 : \nResponse 2 : X'
    expect_log 'server: received 0 bytes from a.sock.*'
}

@test "the largest argument comes back whole" {
    message=$(printf '%0131071d' 0)
    start_server -n 131072 a.sock
    run client a.sock "$message"
    expect_run 0 "Response 1 : $message"
}

@test "a datagram without a return address is logged and skipped" {
    start_server a.sock
    client a.sock known
    expect_log 'server: received 5 bytes from a.sock.*'
    peer datagram sendto a.sock hello sendto a.sock 'hello, world'
    expect_log 'server: received 5 bytes without a return address'
    expect_log \
        'server: received 10 bytes without a return address, 2 more lost'
    run client a.sock hello
    expect_run 0 'Response 1 : HELLO'
}

@test "an abstract sender is named with @ and answered" {
    start_server a.sock
    run peer datagram bind "@$$" connect a.sock send hello receive
    expect_run 0 HELLO
    expect_log "server: received 5 bytes from @$$"
}

@test "an abstract name is logged to its end, with an @ for each NUL" {
    needs python3
    start_server a.sock
    run timeout "$limit" python3 - "$$" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + sys.argv[1] + "\0x")
s.sendto(b"hello", "a.sock")
print(s.recv(100).decode())
PYTHON
    expect_run 0 HELLO
    expect_log "server: received 5 bytes from @$$@x"
}

@test "a sender whose path fills all 108 bytes is named and answered" {
    path=$(printf '%0108d' 0)
    start_server a.sock
    run peer datagram bind "$path" connect a.sock send hello receive
    expect_run 0 HELLO
    expect_log "server: received 5 bytes from $path"
}

@test "a sender whose path is the server's and one byte more is answered" {
    path=$(printf '%0107d' 0)
    start_server "$path"
    run peer datagram bind "${path}x" connect "$path" send hello receive
    expect_run 0 HELLO
}

@test "control characters in a sender's address do not reach the terminal" {
    start_server a.sock
    peer datagram bind $'x\e[2J\nserver: lie' connect a.sock send hi receive
    expect_log 'server: received 2 bytes from x?[[]2J?server: lie'
    # and U+009B, which is ESC [ in one
    peer datagram bind $'é\xc2\x9b2J' connect a.sock send hi receive
    expect_log $'server: received 2 bytes from é\xc2[?]2J'
    peer datagram bind $'\x7f\x1f ~' connect a.sock send hi receive # DEL is one
    expect_log 'server: received 2 bytes from [?][?] ~'
    # the first and the last of these, and their neighbours that are none
    peer datagram bind $'\xc2\x80\xc2\x9f\xc2\xa0¿~' connect a.sock \
        send hi receive
    expect_log $'server: received 2 bytes from \xc2[?]\xc2[?]\xc2\xa0¿~'
}

@test "a client that is gone before the reply is logged, others are served" {
    start_server a.sock
    stop_server
    peer datagram bind gone sendto a.sock hello
    peer datagram bind dead sendto a.sock hello
    rm gone
    kill -CONT "$server"
    expect_log 'server: received 5 bytes from gone'
    expect_log 'server: sendto gone: No such file or directory'
    expect_log 'server: received 5 bytes from dead'
    expect_log 'server: sendto dead: Connection refused'
    run client a.sock hello
    expect_run 0 'Response 1 : HELLO'
}

@test "a sender that hears itself only is logged, others are served" {
    start_server a.sock
    start peer datagram bind me connect me sendto a.sock hello wait
    expect_log 'server: received 5 bytes from me'
    expect_log 'server: sendto me: Operation not permitted'
    run client a.sock hello
    expect_run 0 'Response 1 : HELLO'
}

@test "a client that never reads is logged, others are served" {
    start_server a.sock
    start_deaf
    wait_until log_has 'server: sendto deaf: Resource temporarily unavailable'
    run client a.sock hello
    expect_run 0 'Response 1 : HELLO'
}

@test "nc -uU as a client is served" {
    needs_nc
    start_server a.sock
    mkfifo reply
    timeout "$limit" nc -uU a.sock <<<hello >reply 3>&- &
    IFS= read -r -t "$limit" line <reply || line='nothing came'
    expect_equal HELLO "$line"
}

@test "socat as a client is served" {
    needs socat
    start_server a.sock
    start timeout "$limit" socat - UNIX-SENDTO:a.sock,bind=me
    echo hello >&"$orders"
    expect_answer HELLO
}

@test "python3 as a client is served" {
    needs python3
    start_server a.sock
    run timeout "$limit" python3 - <<'PYTHON'
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("me")
s.sendto(b"hello", "a.sock")
print(s.recv(100).decode())
PYTHON
    expect_run 0 HELLO
}

@test "a sender that has the server's own address is not answered" {
    mkdir elsewhere
    ln -s a.sock link
    start_server a.sock
    for name in a.sock ./a.sock link; do
        (cd elsewhere && peer datagram bind "$name" sendto ../a.sock hello)
        rm "elsewhere/$name"
        expect_log "server: received 5 bytes from $name"
        expect_log "server: sendto $name: this is our own address"
    done
    run client a.sock hello
    expect_run 0 'Response 1 : HELLO'
    expect_log 'server: received 5 bytes from a.sock.*'
}

@test "with queues as systemd sets them, who never reads stops all others" {
    needs_root # it is so, and the chapter says so: a connection would help
    start_server a.sock
    # shellcheck disable=SC2016 # the inner shell's
    start_deaf unshare --net bash -c '
        echo 512 >/proc/sys/net/unix/max_dgram_qlen
        exec "$@"' -
    run client a.sock hello
    expect_run 1 'client: recv a.sock: no reply for 5 seconds'
    close_orders
    wait "$started"
    run client a.sock hello
    expect_run 0 'Response 1 : HELLO'
}

@test "a log that nobody reads any more is lost, and the service goes on" {
    start_server a.sock
    exec {log}<&-
    for _ in 1 2; do
        run client a.sock hello
        expect_run 0 'Response 1 : HELLO'
    done
}

@test "SIZE may be 1, and 1073741824, and has no other base than ten" {
    start_server -n 1 a.sock
    run client a.sock hello
    expect_run 0 'Response 1 : H'
    end_server TERM
    start_server -n 1073741824 a.sock
    run client a.sock hello
    expect_run 0 'Response 1 : HELLO'
    end_server TERM
    start_server -n 010 a.sock
    run client a.sock 'long message'
    expect_run 0 'Response 1 : LONG MESSA'
}

@test "descriptors are refused before anyone knows the address" {
    needs strace
    start_traced_server -e signal=none -e trace=setsockopt,bind
    end_traced_server
    expect_equal 'setsockopt bind' "$(sed 's/(.*//' trace | xargs)"
}

@test "a server that has no memory for SIZE says so with status 1" {
    needs_plain_programs
    run prlimit --as=100000000 timeout "$limit" \
        "$bin/server" -n 1073741824 a.sock
    expect_run 1 'server: malloc: Cannot allocate memory'
    expect_nothing_at a.sock a.sock.lock
}
