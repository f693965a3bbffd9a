#!/usr/bin/env bats
#
# Each message of the table "Messages" in README.md, as it really comes. A
# test's name is the message. In it stand PATH, N and other words in capitals
# for what the test gives them; PATH is a.sock unless a test says otherwise.
#
# These tests are about the table. What the programs promise is tested in
# their lessons' files, and in shared/; so this file is run once, and no
# planted mistake but those in first.c is looked for here.
# on: 01-stream/first

load helpers/helpers
load helpers/messages

@test "README's table has these messages, in this order, and no others" {
    # shellcheck disable=SC2016 # the pattern
    sed -n 's/^| \*\*`\(.*\)`\*\* |.*/\1/p' "$tests/../README.md" >table
    # of both files, also where only one of them was brought
    sed -n 's/^@test "\(.*\)" {$/\1/p' \
        "$tests"/helpers/../messages{,-later}.bats |
        tail -n +2 | diff table -
}

# --- a server does not start

@test "bash: ./server: No such file or directory" {
    LC_ALL=C run -127 bash -c './server a.sock'
    # a shell that reads a terminal leaves the number out
    expect_equal "$(message)" "${output/line 1: /}"
}

@test "usage: server PATH" {
    run program server
    expect_run 2 "$BATS_TEST_DESCRIPTION"
}

@test "server: bind PATH: Address already in use" {
    echo precious >a.sock
    run program server a.sock
    expect_message 1
    ln -sf nowhere a.sock
    run program server a.sock
    expect_message 1
    rm a.sock
    start peer stream bind a.sock listen print ready wait
    expect_answer ready
    run program server a.sock
    expect_message 1
    end_peer
    start_server a.sock
    run program server a.sock
    expect_message 1
}

@test "first: bind PATH: Address already in use" {
    SERVER=first
    start_server a.sock
    end_server KILL
    run program first a.sock
    expect_message 1
}

@test "server: bind @NAME: Address already in use" {
    in_lesson 04-abstract
    start_server "$own"
    run program server "$own"
    expect_message 1 NAME="$own"
}

@test "server: open PATH.lock: No such file or directory" {
    run program server nowhere/a.sock
    expect_message 1 PATH=nowhere/a.sock
}

@test "first: bind PATH: No such file or directory" {
    run program first nowhere/a.sock
    expect_message 1 PATH=nowhere/a.sock
}

@test "server: open PATH.lock: Permission denied" {
    copy_programs server
    mkdir -m 555 closed
    run unprivileged ./server closed/a.sock
    expect_message 1 PATH=closed/a.sock
}

@test "first: bind PATH: Permission denied" {
    copy_programs first
    mkdir -m 555 closed
    run unprivileged ./first closed/a.sock
    expect_message 1 PATH=closed/a.sock
}

@test "server: open PATH.lock: Permission denied: user N has to remove it" {
    needs_root
    copy_programs server
    (umask 077 && touch a.sock.lock)
    run unprivileged ./server a.sock
    expect_message 1 N=0
}

@test "server: open PATH.lock: Too many levels of symbolic links" {
    ln -s nowhere a.sock.lock
    run program server a.sock
    expect_message 1
}

@test "server: path 'PATH' has N bytes, 1 to 107 fit" {
    long=$(printf '%0108d' 0)
    run program server "$long"
    expect_message 1 PATH="$long" N=108
    run program server ''
    expect_message 1 PATH= N=0
}

@test "client: path 'PATH' has N bytes, 1 to 107 fit" {
    long=$(printf '%0108d' 0)
    run client "$long" </dev/null
    expect_message 1 PATH="$long" N=108
    in_lesson 02-datagram
    long=$(printf '%0107d' 0) # with .PID behind it
    run client "$long" hello
    expect_like "client: path '$long.+([0-9])' has 1+([0-9]) bytes, *" \
        "$output"
}

@test "server: bind PATH: Operation not permitted" {
    needs_root # this file system has files, but no sockets: mq_overview(7)
    mkdir queues
    unshare --mount mount -t mqueue none queues || skip "may not mount"
    # shellcheck disable=SC2016 # for that shell
    run timeout "$limit" unshare --mount bash -c '
        mount -t mqueue none queues && cd queues && "$1" a.sock' - "$bin/server"
    expect_message 1
}

# feign_bind_error ERROR: as folders do that were not at hand here
feign_bind_error() {
    needs strace
    run timeout "$limit" strace -qqo trace -e inject="bind:error=$1" \
        "$bin/server" a.sock
}

@test "server: bind PATH: Operation not supported" {
    feign_bind_error EOPNOTSUPP
    expect_message 1
}

@test "server: bind PATH: Input/output error" {
    feign_bind_error EIO
    expect_message 1
}

@test "server: group 'NAME' does not exist" {
    in_lesson 06-creds
    run program server a.sock deamon
    expect_message 1 NAME=deamon
    run program server a.sock 1
    expect_message 1 NAME=1
}

@test "server: chown PATH: Operation not permitted" {
    in_lesson 06-creds
    copy_programs server
    mkdir -m 777 open
    run unprivileged ./server -g daemon open/a.sock
    expect_message 1 PATH=open/a.sock
}

# --- a client does not connect

@test "client: connect PATH: No such file or directory" {
    run client a.sock </dev/null
    expect_message 1
    start_server a.sock
    mkdir other
    cd other
    run client a.sock </dev/null
    expect_message 1
}

@test "client: connect PATH: Connection refused" {
    echo precious >a.sock
    run client a.sock </dev/null
    expect_message 1
    rm a.sock
    start peer stream bind a.sock print ready wait # it does not listen
    expect_answer ready
    run client a.sock </dev/null
    expect_message 1
    end_peer
    start_server a.sock
    end_server KILL
    run client a.sock </dev/null
    expect_message 1
}

@test "client: connect @NAME: Connection refused" {
    in_lesson 04-abstract
    run client "$own" </dev/null
    expect_message 1 NAME="$own"
}

@test "client: connect PATH: Permission denied" {
    copy_programs client
    start_server a.sock
    chmod a-w a.sock
    run unprivileged ./client a.sock </dev/null
    expect_message 1
    mkdir -m 700 closed
    chmod a+w a.sock
    mv a.sock closed
    ((EUID == 0)) || chmod 600 closed
    run unprivileged ./client closed/a.sock </dev/null
    chmod 700 closed
    expect_message 1 PATH=closed/a.sock
}

@test "client: connect PATH: Protocol wrong type for socket" {
    (in_lesson 02-datagram && exec "$bin/server" a.sock 2>log 3>&-) &
    read -r _ <log
    run client a.sock </dev/null
    expect_message 1
}

@test "client: bind PATH.PID: Address already in use: remove it, if a client that was killed left it" {
    in_lesson 02-datagram
    start_server a.sock
    # shellcheck disable=SC2016 # for that shell, whose pid the client gets
    run timeout "$limit" bash -c 'touch a.sock.$$; exec "$1" a.sock hello' - \
        "$bin/client"
    expect_message 1 PID="$(echo a.sock.[0-9]* | tr -dc 0-9)"
}
