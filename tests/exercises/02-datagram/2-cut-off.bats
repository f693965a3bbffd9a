#!/usr/bin/env bats
#
# Grades 02-datagram/exercises/2-cut-off.c.
# The starter fails at: of one that does not fit, it says how much is lost

load ../../helpers/exercises

# text LENGTH: so many letters that nobody knows beforehand
text() { LC_ALL=C tr -dc '[:lower:]' </dev/urandom | head -c "$1"; }

# between LEAST MOST: a number
between() { echo $(($1 + RANDOM % ($2 - $1 + 1))); }

# receive SIZE TEXT...: it has SIZE bytes of room, and each TEXT is sent
receive() {
    local size=$1 each command='./peer datagram connect a.sock'
    shift
    serve "./cut-off a.sock $size $#"
    for each in "$@"; do
        command+=" send '$each'"
    done
    try "$command"
    finish
}

# expect_said LINE...: all that it said on its standard output
expect_said() {
    [[ $(tr '\0' 0 <said) == "$(printf '%s\n' "$@")" ]] ||
        fail_check "$(readable <(printf '%s\n' "$@"))" "$(readable said)$(
            ((status == 0)) || echo ", and $(name_status "$status")")"
}

@test "one that fits is whole" {
    local size length one
    size=$(between 20 40) length=$(between 5 15) one=$(text "$length")
    receive "$size" "$one"
    known '*lost*' 'It was shorter than the buffer, so nothing is lost.'
    usually 'recv(2) returns how many bytes came. No NUL is behind them.'
    expect_said "received $length bytes: $one"
}

@test "one that fits exactly is whole" {
    local size one
    size=$(between 10 30) one=$(text "$size")
    receive "$size" "$one"
    known '*lost*' 'A full buffer says nothing: this datagram was as long as
        the buffer, and no byte of it is lost. Find out how long it was.'
    usually 'recv(2) returns how many bytes came. No NUL is behind them.'
    expect_said "received $size bytes: $one"
}

@test "an empty one is one, too" {
    receive 10 ''
    usually '0 is no error, and no end: it is the length of an empty
        datagram.'
    expect_said 'received 0 bytes: '
}

@test "of one that does not fit, it says how much is lost" {
    local size lost one
    size=$(between 10 30) lost=$(between 3 50)
    one=$(text "$((size + lost))")
    receive "$size" "$one"
    known "*received $size bytes:*" 'The buffer is full, and there was more.
        recv(2) has a flag that makes it return how long the datagram was.'
    known "*received $size bytes, $lost more lost*" 'The number is right. But
        what is printed goes on behind the end of the buffer, with what lies
        there. Only as much came as fits.'
    known "*received $((size + lost)) bytes*" 'So many were sent. Only as
        much came as fits: print no more than that.'
    usually 'Neither the buffer nor its size tells how much was sent. recv(2)
        has a flag that makes it return how long the datagram was.'
    expect_said "received $size bytes, $lost more lost: ${one:0:size}"
}

@test "each of several is counted by itself" {
    local size long other full short
    size=$(between 10 30) long=$(text "$((size + 7))")
    other=$(text "$((size + 7))") full=$(text "$size") short=$(text 4)
    receive "$size" "$long" "$short" '' "$other" "$full"
    known "*${long:0:size}\\\\n*: ${long:0:size}*" 'The same one is there
        again. MSG_PEEK leaves a datagram in the queue: the next recv(2) has
        to take it.'
    usually 'What does not fit is gone. Another recv(2) does not bring it: it
        brings the next datagram.'
    expect_said "received $size bytes, 7 more lost: ${long:0:size}" \
        "received 4 bytes: $short" 'received 0 bytes: ' \
        "received $size bytes, 7 more lost: ${other:0:size}" \
        "received $size bytes: $full"
}

@test "of a very large one, too, it says how much is lost" {
    local length
    length=$(between 100000 200000)
    given "head -c $length /dev/urandom | base64 -w 0 | head -c $length >data"
    serve './cut-off a.sock 10 1'
    try './peer datagram connect a.sock upload <data'
    finish
    usually 'Your own buffer cuts it, too. However large it is, a datagram can
        be larger: MSG_TRUNC.'
    expect_said "received 10 bytes, $((length - 10)) more lost: $(head -c 10 \
        data)"
}
