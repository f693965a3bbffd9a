#!/usr/bin/env bats
#
# Grades 01-stream/exercises/1-short-writes.c.
# The starter fails at: 4 MiB arrive whole, though the reader is slow

load ../../helpers/exercises

reader='./peer stream bind a.sock listen tell "listening on a.sock" accept'
# It stops reading whenever it has 256 KiB, to start the next two programs.
slow_reader="$reader copy |
        while [ \$(head -c 256K | tee -a got | wc -c) -gt 0 ]; do :; done"

@test "what there is room for arrives" {
    given 'head -c 1000 /dev/urandom >data'
    serve "$reader copy >got"
    try './short-writes a.sock <data'
    usually 'send_all is called once with the whole input. It has to call
        send(2) at least once, and to return at the end.'
    expect_status 0
    finish
    expect 'bytes that arrive' "$(cksum <data)" "$(cksum <got)"
}

@test "4 MiB arrive whole, though the reader is slow" {
    given 'head -c 4M /dev/urandom >data'
    serve "$slow_reader"
    try './short-writes a.sock <data'
    known '*Resource temporarily unavailable*' 'EAGAIN is no failure here.
        It says that there is no room just now: wait with poll(2) until
        there is, and send again.'
    usually 'While the reader is slow, send(2) has no room at times. That is
        no reason to end.'
    expect_status 0
    finish
    known 'bytes: ??????' 'send(2) returns how many bytes it has taken. There
        was no room for all of them, and the rest was not sent.'
    usually 'How many bytes are left after a short send?'
    expect bytes 4194304 "$(wc -c <got)"
    usually 'The number of bytes is right, but some of them come twice and
        others never. After a short send, go on behind what was taken.'
    expect 'checksum of the bytes' "$(cksum <data)" "$(cksum <got)"
}

@test "it sleeps while there is no room" {
    given 'head -c 4M /dev/urandom >data'
    serve "sleep 1 | $reader wait copy >got" # what it uses of this second
    measure './short-writes a.sock <data'
    usually 'A loop that only tries again uses a whole processor. poll(2)
        with POLLOUT waits until there is room.'
    expect_most 'hundredths of a second of processor time' 10 "$cpu"
}

@test "it goes on as soon as there is room" {
    given 'head -c 4M /dev/urandom >data'
    serve "$slow_reader"
    measure './short-writes a.sock <data'
    usually 'It sleeps for a fixed time, while there has been room for long.
        poll(2) returns at the right moment.'
    expect_most 'hundredths of a second' 200 "$elapsed"
}

@test "a reader that leaves is an error, and no end by a signal" {
    serve "$reader"
    try 'head -c 4M /dev/zero | ./short-writes a.sock'
    known '*SIGPIPE*' 'Without MSG_NOSIGNAL, send(2) ends a program that
        sends to somebody who has left.'
    usually 'If nobody will read the rest, say so: err(1, "send").'
    expect_status 1
    expect_errors 'short-writes: send'
}
