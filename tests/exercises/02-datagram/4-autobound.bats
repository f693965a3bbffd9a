#!/usr/bin/env bats
#
# Grades 02-datagram/exercises/4-autobound.c.
# The starter fails at: the answer comes

load ../../helpers/exercises

# It answers with what it receives, two times, when a file go is there.
late_server='until [ -e go ]; do sleep 0.01; done |
          ./peer datagram bind a.sock tell "listening on a.sock" wait echo echo'

# sender: the address that the datagram came from, says the server
sender() { sed -n 's/^server: received .* from //p' log | tail -n 1; }

# own_name FILE: the address that it says it has, in what it said there
own_name() { tr '\0' '?' <"$1" | sed -n 's/^autobound: my address is //p'; }

@test "the answer comes" {
    local text
    text=$(word)
    serve './server a.sock'
    try "./autobound a.sock $text"
    known '*without a return address*' 'The server has received it, and does
        not know whom to answer. The socket has no address: bind(2) it.'
    known '*bind*Invalid argument*' 'unix(7) says which length asks for a
        name: that of the family and no more.'
    known '*sendto*' 'The address that the server was given is not there when
        the answer comes.'
    usually 'The socket that sends and receives is the one to bind.'
    [[ $status == 0 && $(<output) == "${text^^}" ]] ||
        fail_check "${text^^}" "$(readable output), and $(name_status \
            "$status")$(with_errors); the log says: $(tail -n 1 log)"
}

@test "its name is one that the kernel makes, and no file" {
    local name
    serve './server a.sock'
    try './autobound a.sock hello'
    name=$(sender)
    known '* @@@*' 'This is a name of 108 bytes, all of them NUL. The length
        that you give bind(2) covers the whole structure: then all of it is
        the name. Only the family is there.'
    known '* @*' 'You have chosen this name. The kernel chooses one if the
        address that you give bind(2) has none.'
    usually 'This is a file. An address that has only its family, and no
        path, makes the kernel choose a name without a file.'
    [[ $name =~ ^@[0-9a-f]{5}$ ]] ||
        fail_check 'a name like @0002f, says the log' \
            "received 5 bytes from $name"
}

@test "two at once have two names" {
    local one two
    one=$(word) two=$(word)
    serve "$late_server"
    try "./autobound a.sock $one >one 2>1 & first=\$!
          $(until_waits "\$first")
          ./autobound a.sock $two >two 2>2 &
          $(until_waits "\$!")
          touch go; wait \$first; wait \$!; cat 2 >&2; cat one two"
    known '*already in use*' 'The name looks as if the kernel had made it, and
        two had the same one. The first one still has it. Give bind(2) an
        address that has no name.'
    known "*${one^^}*" 'Here the server answers with what it receives. Your
        program has not waited for that.'
    usually 'Both have an answer only if each has an address.'
    expect_output "$one"$'\n'"$two"
}

@test "it says which name it has" {
    local name
    serve './server a.sock'
    try './autobound a.sock hello'
    name=$(own_name errors)
    known 'its name: ?(@)' 'Either it has no name yet, and only bind(2) gives
        one now, or the name is printed as text: it begins with a NUL, and for
        strlen(3) and %s it is over there. getsockname(2) says how long the
        address is.'
    known 'its name: ?(@)[?][?]*' 'Nothing was written there. Before the call
        of getsockname(2), the last argument has to say how much room there
        is. Or the socket has no name yet: only bind(2) gives one now.'
    known "its name: $(sender | tr -d @)" 'The first byte of the name belongs
        to it. It is a NUL, and shown as @.'
    known "*$(sender)?*" 'This goes on behind the end of the name. Only the
        length that getsockname(2) has written says where that is.'
    usually 'The server has seen another name. getsockname(2) tells which one
        the socket has, if its last argument says how much room there is.'
    expect 'its name' "$(sender)" "$name"
}
