#!/usr/bin/env bats
#
# Grades 01-stream/exercises/5-over-tcp.c.
# The starter fails at: it serves at 127.0.0.1, at a port that is free

load ../../helpers/exercises

# refuse ADDRESS: it ends with status 1 and a line, and does not serve
refuse() {
    start "./over-tcp '$1'"
    ! grep -q 'listening on' log ||
        fail_check "it refuses '$1'" "$(readable log)"
    finish
    [[ $status == 1 && -s log ]] ||
        fail_check 'a line that says why not, and status 1' \
            "$(readable log), and $(name_status "$status")"
}

# expect_address ADDRESS: it says that it listens there
expect_address() {
    [[ $(<log) == *"listening on $1" ]] ||
        fail_check "over-tcp: listening on $1" "$(readable log)"
}

# expect_echo HOST PORT: whoever serves there answers
expect_echo() {
    local word=$RANDOM
    try "exec 9<>/dev/tcp/$1/$2; echo $word >&9; head -n 1 <&9"
    usually 'A client connects, and gets back what it sends.'
    expect_output "$word"
}

# choose_port: one that is free here, of two different bytes, as $port;
# $swapped has them the other way round
choose_port() {
    local high low
    while
        high=$((32 + RANDOM % 64)) low=$((32 + RANDOM % 64))
        port=$((high * 256 + low)) swapped=$((low * 256 + high))
        ((high == low)) || (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null
    do :; done
}

@test "at a path it serves as before" {
    serve './over-tcp ./a.sock'
    word=$RANDOM
    try "echo $word | ./client a.sock"
    usually 'For a path, all is there already. Leave it as it was.'
    expect_output "$word"
}

@test "it serves at 127.0.0.1, at a port that is free" {
    start "./over-tcp 127.0.0.1:0"
    known '*on 0.0.0.0:*' '0.0.0.0 means all addresses that this machine has:
        whoever is on the network may connect. inet_pton(3) makes a number
        of the text, and it belongs into sin_addr.'
    known '*Cannot assign requested address' 'This machine has no such
        address. Is it 1.0.0.127? inet_pton(3) and inet_addr(3) have the
        bytes in network byte order already.'
    usually 'Port 0 is no mistake: the kernel then chooses a port that is
        free, and say_where says which.'
    port=$(sed -n 's/.*listening on .*://p' log)
    expect_address "127.0.0.1:$port"
    expect_echo 127.0.0.1 "$port"
    expect_echo 127.0.0.1 "$port"
}

@test "it takes the port that it is given" {
    choose_port
    start "./over-tcp 127.0.0.1:$port"
    known "*:$swapped" "The two bytes of the port are the wrong way round:
        $port and $swapped are the same bytes. On the network the high one
        comes first: htons(3), \"host to network, short\"."
    usually 'strtol(3) makes a number of the text behind the colon, and it
        belongs into sin_port, by htons(3). (htonl(3) is for 32 bits: what
        fits of it is 0 here, and the kernel chooses.)'
    expect_address "127.0.0.1:$port"
    expect_echo 127.0.0.1 "$port"
}

@test "it takes the host that it is given" {
    choose_port
    host=127.$((RANDOM % 200 + 1)).$((RANDOM % 200 + 1)).$((RANDOM % 200 + 1))
    start "./over-tcp $host:$port"
    known '*on 127.0.0.1:*' '127.0.0.1 is one address of many: all that begin
        with 127 are this machine. Take the one that host says.'
    usually 'inet_pton(3) makes a number of the text before the colon, and it
        belongs into sin_addr.'
    expect_address "$host:$port"
    expect_echo "$host" "$port"
}

@test "what is no port is refused" {
    usually 'sin_port has 16 bits. htons(3) takes the lowest 16 of its
        number, and says nothing: 65536 becomes 0, -1 becomes 65535. Compare
        first.'
    for each in 65536 -1 -65536 4294967296; do
        refuse "127.0.0.1:$each"
    done
    usually 'strtoul(3) takes a minus sign, and knows no number below 0: this
        one becomes 20000. Let strtol(3) read it.'
    refuse 127.0.0.1:-18446744073709531616
    usually 'This is no number, or there is something behind it. strtol(3)
        says through endptr where it stopped; atoi(3) cannot say it.'
    for each in 0x '' a; do
        refuse "127.0.0.1:$each"
    done
}

@test "what is no IPv4 address is refused" {
    usually 'inet_pton(3) returns 1 if the text is an address, and 0 if not.
        Then nothing has been written to sin_addr.'
    known '*on 255.255.255.255:*' 'inet_addr(3) returns 255.255.255.255 for
        what is no address: you cannot tell the two apart. inet_pton(3) says
        it by another value.'
    for each in 300.0.0.1 127.0.0.1.1 ''; do
        refuse "$each:0"
    done
    usually 'inet_addr(3) and inet_aton(3) stop at a blank, and believe what
        is before it. inet_pton(3) reads all of the text.'
    refuse '127.0.0.1 x:0'
}
