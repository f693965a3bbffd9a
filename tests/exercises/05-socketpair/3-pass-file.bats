#!/usr/bin/env bats
#
# Grades 05-socketpair/exercises/3-pass-file.c.
# The starter fails at: a file that is passed is printed

load ../../helpers/exercises

# expect_refused: the last message was, and nothing has been printed
expect_refused() {
    expect_status 0
    expect 'bytes that it prints' 0 "$(wc -c <said)"
    known '*it has ended' 'The server has ended, and it should go on. If no
        control data has come, CMSG_FIRSTHDR returns NULL.'
    [[ $(tail -n 1 log) != *': listening on '* ]] || await_log "pass-file: $1"
    expect 'last line on its standard error' "pass-file: $1" \
        "$(tail -n 1 log)"
}

@test "a message without a file is refused" {
    serve './pass-file a.sock'
    try './pass a.sock'
    usually 'receive_file returns -1, and the server goes on.'
    expect_refused 'no file in a message'
}

@test "a file that is passed is printed" {
    given 'head -c 100K /dev/urandom >first; head -c 100K /dev/urandom >next'
    serve './pass-file a.sock'
    try './pass a.sock first && ./pass a.sock next'
    usually 'The server has ended, or closed the connection too early.'
    expect_status 0
    known '*no file*' 'Without room for control data, recvmsg(2) brings none:
        the kernel closes the descriptor, and sets MSG_CTRUNC in msg_flags.
        The room is for a header, too: CMSG_SPACE(sizeof(int)).'
    known '*more than one*' 'There was one. cmsg_len counts the header, too:
        CMSG_LEN(0) bytes of it are no descriptors. And MSG_CTRUNC is set if
        there was not enough room.'
    known '*Bad file descriptor*' 'A descriptor is an int that begins at
        CMSG_DATA. Is it open when it is returned?'
    usually 'receive_file returns the descriptor that came.'
    expect 'lines on its standard error' 'pass-file: listening on a.sock' \
        "$(xargs -d '\n' <log)"
    usually 'Each file is printed once, from where it stands.'
    expect 'checksum of what it prints' "$(cat first next | cksum)" \
        "$(cksum <said)"
}

@test "two files in a message are refused" {
    given 'date >first; date >next'
    serve './pass-file a.sock'
    try './pass a.sock first next'
    known 'bytes*' 'One of the two was printed. There is room for a second
        one, though you asked for one: CMSG_SPACE(sizeof(int)) is 24 bytes,
        16 of them are the header, and the others hold two descriptors.
        cmsg_len tells how many came, and MSG_CTRUNC that more were sent.'
    usually 'The server says why it prints nothing.'
    expect_refused 'more than one file in a message'
}

@test "three files in a message are refused" {
    given 'date >first; date >next'
    serve './pass-file a.sock'
    try './pass a.sock first next next'
    known 'bytes*' 'One of the three was printed. MSG_CTRUNC in msg_flags says
        that not all of them had room.'
    usually 'The server says why it prints nothing.'
    expect_refused 'more than one file in a message'
}

# Whoever has the pipe to cat open keeps the end of file from it.
@test "what is refused does not stay open" {
    serve './pass-file a.sock'
    try "./pass a.sock - - <&1 | timeout 3 cat &&
          echo closed || echo 'still open'"
    usually 'The server got the pipe that cat(1) reads from, twice, and has
        refused it. cat waits until the last copy is closed. A descriptor
        that has come is open, whether you have asked for it or not: close
        each one that is not returned, also the second one.'
    expect_output closed
    try "./pass a.sock - - - <&1 | timeout 3 cat &&
          echo closed || echo 'still open'"
    usually 'Two of three had room, and are open. Close both.'
    expect_output closed
    try 'date >first; ./pass a.sock first && cat first'
    usually 'A good message after refused ones is printed as ever.'
    expect 'what it prints' "$(cat output)" "$(cat said)"
}
