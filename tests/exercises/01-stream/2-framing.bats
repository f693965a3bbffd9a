#!/usr/bin/env bats
#
# Grades 01-stream/exercises/2-framing.c.
# The starter fails at: a text may come byte by byte

load ../../helpers/exercises

sender='./peer stream bind a.sock listen tell "listening on a.sock" accept'

# choose COUNT: letters in an order that nobody can guess, none twice, as
# $letters, and as $digits, hexadecimal, a space before each. None is an n:
# "nothing" is what is shown of an answer without a letter.
choose() {
    letters=$(shuf -e {a..m} {o..z} | head -n "$1" | tr -d '\n')
    digits=$(printf %s "$letters" | od -An -v -tx1 | tr -d '\n')
}

# The length and the text come at once: what asks for more than the length
# gets it.
@test "a message is a line" {
    choose 10
    serve "$sender hex 0000000a${digits// /}"
    try './framing a.sock'
    known 'nothing*in the middle of a message' 'It does not ask recv(2) for
        as many bytes as size says. (sizeof data is the size of a pointer.)'
    usually 'In the length, the highest byte comes first: 0000000a is 10.
        receive_exactly is called for the length, and then for the text.'
    expect_output "$letters"
    known 'not over after*' 'At the end of file, recv(2) returns 0 each time.
        A loop that waits for more never ends.'
    usually 'Behind the message comes the end of file: recv(2) returns 0,
        and nothing has been received. So receive_exactly returns false, and
        main ends as it should.'
    expect_status 0
}

# peer has as little room as there is: it waits whenever a few bytes are on
# their way, and no recv(2) brings all twenty.
@test "a text may come byte by byte" {
    choose 20
    serve "$sender room 1 hex 00000014${digits// / hex }"
    try './framing a.sock'
    known "${letters:0:1}*status 1*" 'recv(2) brings what has come so far:
        at least one byte, at most what it is asked for. The rest is still
        on its way, however long you wait before: call it again, until all
        is there.'
    known 'nothing*in the middle of a message' 'A part is no end. At the end
        of file recv(2) returns 0, and never a part.'
    usually 'What a second recv(2) brings belongs behind what the first one
        has brought. Where does yours put it?'
    expect_output "$letters"
    expect_status 0
}

@test "two messages that come at once are two lines" {
    choose 5
    first=$letters both=00000005${digits// /}
    choose 8
    serve "$sender hex ${both}00000008${digits// /}"
    try './framing a.sock'
    usually 'recv(2) brings as much as it is asked for, if so much is there.
        What is behind a message belongs to the next one.'
    expect_output "$first"$'\n'"$letters"
    expect_status 0
}

@test "50 messages in pieces of any size are 50 lines" {
    given 'head -c 3000 /dev/urandom | base64 -w 0 >text'
    given "for i in {1..50}; do printf '\\0\\0\\17\\240'; cat text; done >all"
    given 'for i in {1..50}; do cat text; echo; done >lines'
    serve "$sender room 1 upload <all"
    try './framing a.sock >got'
    usually 'A piece can have the end of one message and the beginning of
        the next. Once a part is there, ask only for what is still missing:
        more than that belongs to the next message.'
    expect_status 0
    expect 'checksum of the lines' "$(cksum <lines)" "$(cksum <got)"
}

@test "a message of 0 bytes is an empty line" {
    choose 3
    serve "$sender hex 00000000 hex 00000003 send $letters"
    try './framing a.sock'
    usually 'A message may be empty. If recv(2) is asked for 0 bytes, it
        returns 0, and this 0 is no end of file. There is nothing to
        receive: do not call it.'
    expect_output $'\n'"$letters"
    expect_status 0
}

@test "an end in the middle of a message is an error" {
    for each in 0000 00000005 000000056865; do
        serve "${sender//a.sock/$each.sock} hex $each"
        try "./framing $each.sock"
        known 'not over after*' 'At the end of file, recv(2) returns 0 each
            time. A loop that waits for more never ends.'
        known 'status 0*' 'The end of file is well between two messages. In
            the middle of one, in its length or in its text, something is
            missing: say so, and end with status 1.'
        usually 'recv(2) returns 0 at the end of file. What is there already
            tells you whether this is the middle of something.'
        expect_status 1
        usually 'Say what happened: main has a line for it.'
        [[ -s errors ]] || fail_check 'a line on standard error' nothing
    done
}

@test "a length beyond the limit is refused" {
    serve "$sender hex ffffffff"
    try './framing a.sock'
    usually 'The length is what a stranger says. main compares it with
        LONGEST before it believes it: leave that as it was.'
    expect_status 1
    expect_errors 4294967295
}
