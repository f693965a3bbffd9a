#!/usr/bin/env bats
#
# Messages of README's table, as messages.bats has them: those that come when
# a server is there, and a client.
# on: 01-stream/first

load helpers/helpers
load helpers/clients
load helpers/messages

# --- a client ends too early

@test "client: recv PATH: the server closed the connection" {
    start peer stream bind a.sock listen print ready accept
    expect_answer ready
    mkfifo silence
    exec {silence}<>silence
    run client a.sock <&"$silence"
    expect_message 1
}

@test "Unauthorized access" {
    in_lesson 06-creds
    start_server a.sock daemon
    run --separate-stderr client a.sock <<<hello
    expect_message 1
    expect_log 'server: pid * uid * gid * refused, in none of the groups'
}

@test "client: recv record N: the server closed the connection" {
    in_lesson 03-seqpacket
    start peer seqpacket bind a.sock listen print ready accept receive
    expect_answer ready
    run client a.sock hello
    expect_message 1 N=1
}

@test "client: recv record N: Connection reset by peer" {
    in_lesson 03-seqpacket
    start peer seqpacket bind a.sock listen print ready \
        accept readable print sent wait
    expect_answer ready
    "$bin/client" a.sock hello >got 2>&1 3>&- {orders}>&- &
    expect_answer sent
    close_orders
    wait_client $!
    expect_message 1 N=1
}

@test "client: recv from the server: Connection reset by peer" {
    in_lesson 04-abstract
    start peer stream bind "@$own" listen print ready \
        accept readable print sent wait
    expect_answer ready
    "$bin/client" "$own" <<<hello >got 2>&1 3>&- {orders}>&- &
    expect_answer sent
    close_orders
    wait_client $!
    expect_message 1
}

@test "client: send to the server: Broken pipe" {
    in_lesson 04-abstract
    start_server "$own"
    mkfifo input
    "$bin/client" "$own" <input >got 2>&1 3>&- &
    exec {input}>input
    echo hello >&"$input"
    wait_until grep -q hello out
    kill -KILL "$server"
    wait_until is_free "$own"
    echo hello >&"$input"
    wait_client $!
    expect_message 1
}

# is_free NAME: no socket has this abstract name any more
is_free() { ! grep -q "@$1\$" /proc/net/unix; }

@test "status 141, and no message" {
    SERVER=first
    start_server_under env --default-signal=PIPE
    stop_server
    peer stream connect a.sock send hello
    end_server CONT # it goes on, and answers a client that has gone
    expect_equal 141 "$status"
    rm a.sock log
    mkfifo log
    SERVER=server
    start_server a.sock
    # shellcheck disable=SC2016 # for that shell
    run env --default-signal=PIPE bash -c '
        yes | "$1" a.sock | head -n 1; echo "${PIPESTATUS[1]}"' - "$bin/client"
    expect_run 0 $'y\n141'
}

@test "client: recv PATH: no reply for 5 seconds" {
    in_lesson 02-datagram
    start peer datagram bind a.sock print ready wait
    expect_answer ready
    run client a.sock hello
    expect_message 1
}

@test "client: send PATH: no room for 5 seconds" {
    in_lesson 02-datagram
    start peer datagram bind a.sock print ready wait
    expect_answer ready
    mapfile -t fill < <(yes $'send\nx' | head -n 600)
    "$tests/tools/peer" datagram connect a.sock "${fill[@]}" 3>&- {orders}>&- &
    wait_until is_asleep $! # its queue is full
    run client a.sock hello
    expect_message 1
}

@test "client: send message N of M bytes: Message too long" {
    in_lesson 03-seqpacket
    needs strace # no operand is that long, so the kernel's answer is feigned
    start_server a.sock
    run timeout "$limit" strace -qqo trace -e inject=sendto:error=EMSGSIZE \
        "$bin/client" a.sock hello
    expect_message 1 N=1 'M bytes=5 bytes'
    size=$(($(peer seqpacket largest) + 1)) # and here it is real
    run peer seqpacket connect a.sock record "$size"
    expect_run 1 "peer: record $size: Message too long"
}

@test "client: message N is empty: it would look like the end" {
    in_lesson 03-seqpacket
    run client a.sock ping ''
    expect_message 1 N=2
}

@test "client: write standard output: Bad file descriptor" {
    start_server a.sock
    # shellcheck disable=SC2016 # for that shell
    run timeout "$limit" bash -c '"$1" a.sock <<<hello >&-' - "$bin/client"
    expect_message 1
}

# --- a server's log

@test "server: accept a client: Too many open files" {
    needs_plain_programs # which do not open files of their own
    start_server a.sock
    prlimit --pid "$server" --nofile=3: # new descriptors would be above
    peer stream connect a.sock # accept(2) has got its descriptor before
    start peer stream connect a.sock print here wait
    expect_answer here
    expect_logged
}

@test "server: fork for a client: Resource temporarily unavailable" {
    copy_programs server
    mkdir -m 777 open
    "${ordinary[@]}" prlimit --nproc=1 ./server open/a.sock 2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log 'server: listening on open/a.sock'
    peer stream connect open/a.sock
    expect_logged
}

@test "server: received N bytes without a return address" {
    in_lesson 02-datagram
    start_server a.sock
    peer datagram sendto a.sock hello
    expect_logged N=5
}

# start_stopped_server: it does nothing until end_stop
start_stopped_server() {
    in_lesson 02-datagram
    start_server a.sock
    stop_server
}

# end_stop CLIENT: now it receives its letter of 5 bytes
end_stop() {
    kill -CONT "$server"
    expect_log "server: received 5 bytes from $1"
}

@test "server: sendto PATH.PID: No such file or directory" {
    start_stopped_server
    peer datagram bind gone sendto a.sock hello
    rm gone
    end_stop gone
    expect_logged PATH.PID=gone
}

@test "server: sendto PATH.PID: Connection refused" {
    start_stopped_server
    peer datagram bind dead sendto a.sock hello
    end_stop dead
    expect_logged PATH.PID=dead
}

@test "server: sendto PATH.PID: Resource temporarily unavailable" {
    in_lesson 02-datagram
    start_server a.sock
    start_deaf
    wait_until log_has "$(message PATH.PID=deaf)"
}

@test "server: sendto PATH.PID: Operation not permitted" {
    start_stopped_server
    # connected to itself, it hears nobody else
    start peer datagram bind busy connect busy sendto a.sock hello \
        print sent wait
    expect_answer sent
    end_stop busy
    expect_logged PATH.PID=busy
}

@test "server: sendto PATH: this is our own address" {
    in_lesson 02-datagram
    start_server a.sock
    mkdir other
    (cd other && peer datagram bind a.sock sendto ../a.sock hello)
    expect_log 'server: received 5 bytes from a.sock'
    expect_logged
}

@test "server: write standard output: No space left on device" {
    in_lesson 04-abstract
    "$bin/server" "$own" >/dev/full 2>log 3>&- &
    exec {log}<log
    expect_log "server: listening on @$own"
    run client "$own" <<<hello
    expect_run 1 'client: recv from the server: Connection reset by peer'
    expect_logged
}

# --- other programs

@test "coprocess: exec NAME: No such file or directory" {
    in_lesson 05-socketpair
    run -127 program coprocess no-such-command </dev/null
    expect_message 127 NAME=no-such-command
}

@test "coprocess: exec NAME: Permission denied" {
    in_lesson 05-socketpair
    run program coprocess /etc/passwd </dev/null
    expect_message 126 NAME=/etc/passwd
}

@test "cat: PATH: No such device or address" {
    start_server a.sock
    LC_ALL=C run cat a.sock
    expect_message 1
}

@test "listen: Socket operation on non-socket" {
    needs perl
    LC_ALL=C run perl -e 'listen(STDIN, 5) || die "listen: $!\n"' </dev/null
    expect_equal "$(message)" "$output"
}

@test "send: Transport endpoint is not connected" {
    run peer stream bind a.sock listen send hello
    expect_run 1 "peer: $(message)"
}

@test "recv: Invalid argument" {
    needs perl
    LC_ALL=C run perl -MSocket -e '
        socket(L, AF_UNIX, SOCK_STREAM, 0) || die;
        bind(L, pack_sockaddr_un("a.sock")) || die;
        listen(L, 5) || die;
        defined(recv(L, $_, 1, 0)) || die "recv: $!\n"'
    expect_equal "$(message)" "$output"
}

@test "waitpid: No child processes" {
    needs perl
    LC_ALL=C run perl -e '
        $SIG{CHLD} = "IGNORE";
        my $child = fork || exit 3;
        waitpid($child, 0) == -1 && die "waitpid: $!\n"'
    expect_equal "$(message)" "$output"
}
