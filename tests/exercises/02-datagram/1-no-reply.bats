#!/usr/bin/env bats
#
# Grades 02-datagram/exercises/1-no-reply.c.
# The starter fails at: the answer comes

load ../../helpers/exercises

# ask_two PATH: both ask before the server at PATH answers, with the same
# that they have sent: $one and $two. $status is that of the second.
ask_two() {
    one=$(word) two=$(word)
    serve "until [ -e go ]; do sleep 0.01; done |
          ./peer datagram bind $1 tell 'listening on it' wait echo echo"
    try "./no-reply $1 $one >one & first=\$!
          $(until_waits "\$first")
          ./no-reply $1 $two >two &
          $(until_waits "\$!")
          touch go; wait \$first; wait \$!; ended=\$?
          cat one two; exit \$ended"
}

# sender: the address that the last datagram came from, says the server
sender() { sed -n 's/^server: received .* from //p' log | tail -n 1; }

# expect_none_left FILE: it is no more, nor is any other socket but a.sock
expect_none_left() {
    [[ ! -e $1 ]] || fail_check "no file $1" "$1 is there"
    expect 'sockets that are left' '' \
        "$(find . -type s ! -name a.sock -printf '%P ')"
}

@test "the answer comes" {
    local text
    text=$(word)
    serve './server a.sock'
    try "./no-reply a.sock $text"
    known '*without a return address*' 'The server has received it, and does
        not know whom to answer. The socket has no address: bind(2) it to
        one before you send.'
    known '*sendto*No such file*' 'The address was there when the datagram
        was sent, and its file was gone when the answer came. Remove it at
        the end.'
    known '*bind*already in use*' 'This is the address of somebody else. Yours
        is a name that nobody has.'
    known '*bind*Invalid argument*' 'bind(2) is given the whole structure, with
        AF_UNIX in it, as connect_to does it.'
    known '*listening on a.sock' 'The server has received nothing.'
    usually 'The socket that sends and receives is the one to bind.'
    [[ $status == 0 && $(<output) == "${text^^}" ]] ||
        fail_check "${text^^}" "$(readable output), and $(name_status \
            "$status")$(with_errors); the log says: $(tail -n 1 log)"
}

@test "its file goes when it ends" {
    serve './server a.sock'
    try './no-reply a.sock hello'
    usually 'close(2) leaves the file of a socket, and so does the end of
        the program. unlink(2) it in remove_own.'
    expect_none_left "$(sender)"
    try './no-reply a.sock hello >/dev/full'
    usually 'After an error, main goes no further. The file has to be
        removed in remove_own: it is called in the end, whatever happens.'
    expect_none_left "$(sender)"
}

@test "SIGTERM while it waits leaves no file" {
    serve "sleep 60 | ./peer datagram bind a.sock tell 'listening on a.sock' \
        readable print sent wait >got"
    try './no-reply a.sock hello & until [ -s got ]; do :; done
          kill $!; wait $!'
    usually 'Its file is left. main does not get to its end here: remove the
        file in remove_own, which is called also for a signal.'
    expect_none_left ''
}

@test "two at once have an answer each" {
    local one two
    ask_two a.sock
    known '*already in use*' 'The second one cannot have the address of the
        first, which still waits. Each needs a name of its own: what is
        different in two processes?'
    known "*${one^^}*" 'Here the server answers with what
        it receives. Your program has not waited for that.'
    usually 'The second one has taken the address of the first, which still
        waits for its answer. What is different in two processes?'
    expect_output "$one"$'\n'"$two"
}

@test "a file that was there stays" {
    local pattern
    serve './server a.sock'
    try "sh -c 'echo \$\$ >pid; exec ./no-reply a.sock hello'"
    pattern=$(sender) pattern=${pattern//"$(<pid)"/\$\$}
    [[ $pattern =~ ^[a-zA-Z0-9./_-]*\$\$[a-zA-Z0-9./_-]*$ ]] || return 0
    try "sh -c 'echo \$\$ >pid; echo mine >$pattern
          exec ./no-reply a.sock hello'"
    usually 'If the name is taken, bind(2) fails. End there, with err(3): once
        bind_own has returned, remove_own is called, and removes a file that
        is not yours.'
    ((status != 0)) || usually 'It may be the address of somebody who waits.
        If the name is taken, bind(2) fails; end then, and leave the file
        alone.'
    pattern=${pattern//'$$'/$(<pid)}
    expect "the file $pattern" mine "$(cat "$pattern" 2>&1)"
    rm -f "$pattern"
}

@test "where no room is left for a name, it does not take another's" {
    local one two
    ask_two "\$(printf %0106d)" # 107 bytes fit
    known '*bind*already in use*' 'PATH.PID does not fit here. It was cut, and
        now it is the name of somebody else. snprintf(3) returns how long it
        would have been.'
    local beyond='PATH.PID does not fit here. What was written goes on behind
        sun_path, and is not the address that the socket has.'
    known '*no answer*' "$beyond"
    known '*SIGABRT*' "$beyond"
    usually 'This path is so long that no name fits behind it. Find out, and
        end with status 1 and a line that says so, as address_of does. A name
        that does not begin with the path is right, too.'
    [[ $status == 0 && $(<output) == "$one"$'\n'"$two" ||
        $status == 1 && ! -s output && -s errors &&
        $(<errors) != *'no answer'* ]] ||
        fail_check 'an answer each, or a line that says why not, and status 1' \
            "$(readable output), and $(name_status "$status")$(with_errors)"
}
