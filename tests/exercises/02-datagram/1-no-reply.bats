#!/usr/bin/env bats
#
# Grades 02-datagram/exercises/1-no-reply.c.
# The starter fails at: the answer comes

load ../../helpers/exercises

# It answers with what it receives, two times, when a file go is there.
late_server='until [ -e go ]; do sleep 0.01; done |
          ./peer datagram bind a.sock tell "listening on a.sock" wait echo echo'

# word: five letters that nobody knows beforehand
word() { LC_ALL=C tr -dc '[:lower:]' </dev/urandom | head -c 5; }

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
    serve "sleep 10 | ./peer datagram bind a.sock tell 'listening on a.sock' \
        readable print sent wait >got"
    try './no-reply a.sock hello & until [ -s got ]; do :; done
          kill $!; wait $!'
    usually 'Its file is left. main does not get to its end here: remove the
        file in remove_own, which is called also for a signal.'
    expect_none_left ''
}

@test "two at once have an answer each" {
    local one two
    one=$(word) two=$(word)
    serve "$late_server"
    try "./no-reply a.sock $one >one & first=\$!
          while grep -qs '^State:.[RD]' /proc/\$first/status; do :; done
          ./no-reply a.sock $two >two &
          while grep -qs '^State:.[RD]' /proc/\$!/status; do :; done
          touch go; wait \$first; wait \$!; cat one two"
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
    # env: exec of bash asks for the whole path, which root may hide
    try "sh -c 'echo \$\$ >pid; exec env ./no-reply a.sock hello'"
    pattern=$(sender) pattern=${pattern//"$(<pid)"/\$\$}
    [[ $pattern =~ ^[a-zA-Z0-9./_-]*\$\$[a-zA-Z0-9./_-]*$ ]] || return 0
    try "sh -c 'echo \$\$ >pid; echo mine >$pattern
          exec env ./no-reply a.sock hello'"
    usually 'It may be the address of somebody who waits. If the name is
        taken, bind(2) fails; then say so and leave the file alone.'
    pattern=${pattern//'$$'/$(<pid)}
    expect "the file $pattern" mine "$(cat "$pattern" 2>&1)"
    rm -f "$pattern"
}
