#!/usr/bin/env bats
#
# Grades 03-seqpacket/exercises/2-empty-record.c.
# The starter fails at: an empty record between two others is one

load ../../helpers/exercises

server='./peer seqpacket bind a.sock listen tell "listening on a.sock" accept'
never='It never ends: behind the end there are only more zeros. recvmsg(2) can
    bring a control message with a record; at the end, msg_controllen is 0.'
zeros='The end was counted as a record. How many zeros come in a row tells
    nothing: empty records may be several, too.'

# try_it: what it prints, and no more than 99 lines if it never stops
try_it() { try './empty-record a.sock | head -n 99'; }

@test "records and the end are told" {
    serve "$server send one send three"
    try_it
    known '*record 3: 0 bytes??the end*' "$zeros"
    known '*record 5: 0 bytes*' "$never"
    known 'the end, after 0*' 'The first record is taken for the end. Does a
        control message come with it? An option of the socket asks for one,
        and it needs as much room in msg_control as CMSG_SPACE says.'
    usually 'Two records were sent, then the other end was closed.'
    expect_output 'record 1: 3 bytes
record 2: 5 bytes
the end, after 2 records'
}

@test "an empty record between two others is one" {
    serve "$server send one send '' send three"
    try_it
    known '*the end, after 1 *' 'The empty record is taken for the end. In
        both cases 0 bytes come. What else can recvmsg(2) bring? The socket
        has to be told to, and msg_control and msg_controllen have to give
        it room: else it is lost, and msg_flags has MSG_CTRUNC.'
    usually 'An empty record is a record: count it, and go on.'
    expect_output 'record 1: 3 bytes
record 2: 0 bytes
record 3: 5 bytes
the end, after 3 records'
}

@test "empty records at the end are all counted" {
    count=$((2 + RANDOM % 9)) sends='' expected=''
    for ((each = 1; each <= count; each++)); do
        sends+=" send ''" expected+="record $each: 0 bytes"$'\n'
    done
    serve "$server$sends"
    try_it
    known '*the end, after*' 'Some empty records are missing. That the
        peer has left is not yet the end: its records may still wait.'
    usually 'Each is a record, and after the last one is the end.'
    expect_output "${expected}the end, after $count records"
}

@test "the end alone is the end" {
    serve "$server"
    try_it
    usually 'Nothing was sent: the first 0 is the end.'
    expect_output 'the end, after 0 records'
}

@test "what a peer sent before it was killed is counted" {
    serve "$server send '' send x send '' die"
    try_it
    usually 'However the peer ends: first come its records, then the end.'
    expect_output 'record 1: 0 bytes
record 2: 1 bytes
record 3: 0 bytes
the end, after 3 records'
}
