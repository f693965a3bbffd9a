#!/usr/bin/env bats
#
# Grades 01-stream/exercises/3-own-the-path.c.
# The starter fails at: a dead server's socket is replaced

load ../../helpers/exercises

# expect_listening: that is what it has said
expect_listening() {
    grep -q 'listening on' log ||
        fail_check 'a line with "listening on"' "$(readable log)"
}

# refuse PATH: it ends with status 1, and does not serve there
refuse() {
    local why=$usual_why
    start "./own-the-path $1"
    ! grep -q 'listening on' log ||
        fail_check "it refuses $1" "$(readable log)"
    finish
    usually 'That the path is taken is an error: bind(2) says so, and the
        program ends with status 1.'
    expect 'exit status' 1 "$status"
    usually "$why"
}

# expect_echo PATH: whoever serves there answers
expect_echo() {
    local word=$RANDOM
    try "echo $word | ./client $1"
    usually 'A client connects, and gets back what it sends.'
    expect_output "$word"
}

@test "it serves one client after the other" {
    start "./own-the-path a.sock"
    known '*No such file*' 'Nothing is at the path, and that is well: there
        is nothing to remove.'
    known '*Address already in use*' 'Nothing was at the path, and now
        something is: your own bind(2) has made a file.'
    usually 'It says "listening on a.sock" when clients can connect.'
    expect_listening
    expect_echo a.sock
    expect_echo a.sock
}

@test "at its end its socket goes, and what took the place stays" {
    run='./own-the-path a.sock 2>log1 &
        until grep -qs listening log1; do :; done'
    try "$run; kill \$!; wait \$!"
    usually 'Signals are caught in remove_at_end. Leave it as it was.'
    expect_status 0
    expect 'what is at the path' '' "$(ls a.sock 2>/dev/null)"
    run=${run//log1/log2}
    try "$run; rm a.sock; ./peer stream bind a.sock; kill \$!; wait \$!"
    usually 'Somebody else has taken the place. Leave remove_at_end as it
        was: it looks at which file it is.'
    expect 'what is at the path' a.sock "$(ls a.sock 2>/dev/null)"
}

@test "a dead server's socket is replaced" {
    try './peer stream bind a.sock'
    start "./own-the-path a.sock"
    known '*Address already in use*' 'peer has ended, but its socket is
        still there: a file of type s. As long as anything is at the path,
        bind(2) refuses it. This is what you may remove.'
    usually 'It says "listening on a.sock" when clients can connect.'
    expect_listening
    expect_echo a.sock
}

@test "a server that lives there goes on serving" {
    serve './first a.sock'
    usually 'A server lives there. unlink(2) asks nobody: now two run, and
        new clients reach only one of them. Ask with connect(2), and remove
        nothing unless it says ECONNREFUSED.'
    refuse a.sock
    expect_echo a.sock
}

@test "a server of another type goes on serving, too" {
    serve './peer datagram bind a.sock tell "listening on a.sock" echo'
    usually 'A datagram server lives there (lesson 02). Not every error of
        connect(2) says that nobody does: only ECONNREFUSED. EPROTOTYPE
        comes from somebody who lives there, and has another type.'
    refuse a.sock
    try './peer datagram bind b.sock connect a.sock send hello receive'
    expect_output hello
}

@test "what is no socket stays as it was" {
    try 'echo precious >notes.txt; mkfifo fifo'
    usually 'Somebody needs this file, and it is gone. That connect(2) says
        ECONNREFUSED proves nothing: it says so of any file that is no
        socket. Ask lstat(2) first, with S_ISSOCK. (S_IFSOCK is no single
        bit: mode & S_IFSOCK is true of a regular file, too.)'
    refuse notes.txt
    expect 'what is in the file' precious "$(cat notes.txt)"
    refuse fifo
    [[ -p fifo ]] || fail_check 'the fifo is still there' 'it is gone'
}

@test "a link stays, though a dead server's socket is behind it" {
    try './peer stream bind dead.sock'
    given 'ln -s dead.sock a.sock'
    usually 'What is at the path is a link, and yours removed it. stat(2)
        looks at what is behind a link, lstat(2) at the link itself.'
    refuse a.sock
    expect 'where the link leads' dead.sock "$(readlink a.sock)"
}

@test "a server that is just about to listen stays" {
    begin 'sleep 60 | ./peer stream bind a.sock tell "bound to a.sock" wait'
    await_log 'bound to'
    usually 'This server has called bind(2), and will call listen(2) in a
        moment. Until then, a stream socket hears ECONNREFUSED from it, as
        from a dead one.'
    refuse a.sock
    [[ -S a.sock ]] || fail_check 'the socket is still there' 'it is gone'
}

# ./first has a backlog of 5, and 6 fit. Who has gone stays in it.
@test "the path of a server that is busy is refused at once" {
    serve './first a.sock'
    begin 'sleep 60 | ./peer stream connect a.sock send busy receive wait'
    wait_until grep -q busy said >/dev/null ||
        fail_check busy "$(readable said)"
    given './peer -r 6 stream connect a.sock'
    try 'timeout 3 ./own-the-path a.sock'
    known '*listening on*' 'A server lives there. It is busy: its backlog is
        full, and a client has to wait.'
    usually 'Its backlog is full, and your connect(2) waits in line. A
        datagram socket only asks.'
    expect_status 1
}
