#!/usr/bin/env bats
#
# Grades 03-seqpacket/exercises/1-record-size.c.
# The starter fails at: a record of 50 bytes is whole

load ../../helpers/exercises

server='./peer seqpacket bind a.sock listen tell "listening on a.sock" accept'
twice='The same record comes again and again. With MSG_PEEK it stays in the
    queue: the second recv(2) has to take it out, without that flag.'
nothing='No record was printed. Was the first one taken out by the call that
    asked for its size (MSG_PEEK leaves it), or was the size 0 (MSG_PEEK
    without MSG_TRUNC tells only how much fits)?'

# text SIZE: so many random letters
text() { LC_ALL=C tr -dc '[:lower:]' </dev/urandom | head -c "$1" || true; }

@test "a small record is printed" {
    sent=$(text 9)
    serve "$server send $sent"
    try './record-size a.sock | head -c 99' # in case it never stops
    known "*$sent?n$sent*" "$twice"
    known nothing "$nothing"
    if (($(wc -c <output) == 10)); then
        known '*' 'So many bytes were sent, but others. Was the record taken out
            by the call that asked for its size? MSG_PEEK leaves it.'
    fi
    usually 'The record is to be printed as it came, and once.'
    expect_output "$sent"
}

@test "a record of 50 bytes is whole" {
    sent=$(text 50)
    serve "$server send $sent"
    try './record-size a.sock | head -c 999'
    known "${sent:0:32}[,;]*" 'The first 32 bytes are here, 18 are lost: recv(2)
        had room for 32. Ask for the real size first: MSG_PEEK alone tells
        no more than the room that it is given, MSG_TRUNC with it tells all.'
    known "${sent:0:32}[!${sent:32:1}]*" 'You print more bytes than you had
        room for. What is behind them is not yours.'
    usually 'MSG_PEEK and MSG_TRUNC together tell the size of the record.'
    expect_output "$sent"
}

@test "a NUL is a byte like any other" {
    serve "$server hex 610062 hex 00"
    try './record-size a.sock | head -c 99 | od -An -tx1'
    known ' 61 0a*' 'What is behind the NUL is missing: strlen(3) ends
        there. recv(2) has told you the size.'
    usually 'recv(2) tells how long a record is; the bytes in it do not.'
    expect_output ' 61 00 62 0a 00 0a'
}

@test "a large record is whole" {
    size=$((100000 + RANDOM * 3))
    given "head -c $size /dev/urandom >data"
    serve "$server upload <data"
    try './record-size a.sock >got'
    known '*SIG[AS]*' 'It used bytes that are not in its memory. With
        MSG_TRUNC, the length that recv(2) returns may be more than the room.'
    usually 'No fixed buffer will do: ask for the size of each record, and
        make that much room.'
    expect_status 0
    known '*: 65537' 'Your buffer has 65,536 bytes. A fixed size is too
        small for somebody: ask for the size of each record.'
    expect 'bytes that are printed, with the newline' "$((size + 1))" \
        "$(wc -c <got)"
    usually 'The number of bytes is right, but they are not those sent.'
    expect 'checksum of the bytes' "$( (cat data && echo) | cksum)" \
        "$(cksum <got)"
}

@test "each of several is printed once, in order" {
    long=$(text $((100 + RANDOM % 900))) short=$(text 3)
    serve "$server send $short send $long send $short send x"
    try './record-size a.sock | head -c 9999'
    usually 'Four records were sent, one of them longer than those beside
        it. Each has a size of its own.'
    expect_output "$short"$'\n'"$long"$'\n'"$short"$'\n'x
    expect_errors 'record 4: 1 bytes'
}

@test "a record above the limit is refused" {
    given 'head -c 210000 /dev/zero >data'
    serve "$server upload <data"
    try './record-size a.sock | head -c 400000 | wc -c'
    usually 'room_for refuses what is too large. It has to be asked with the
        size of the record, before the record is received.'
    expect_errors 'a record of 210000 bytes: 200000 are the most'
    expect_output 0
}
