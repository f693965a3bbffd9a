#!/usr/bin/env bats
#
# Grades 01-stream/exercises/4-inherited-listener.c.
# The starter fails at: without the variables there is no listener

load ../../helpers/exercises

# refuse COMMAND: what it runs ends with status 1 and a line, and does not
# serve at descriptor 3
refuse() {
    start "$1"
    ! grep -q 'listening on' log ||
        fail_check 'a line that says why not' "$(readable log)"
    finish
    [[ $status == 1 && -s log ]] ||
        fail_check 'a line that says why not, and status 1' \
            "$(readable log), and $(name_status "$status")"
}

@test "clients are served at the listener that was left to it" {
    path=$RANDOM.sock
    known '*LISTEN_PID*' 'activate becomes your program, by execvp(3), and
        keeps its number. getpid(2) returns it.'
    serve "./activate $path ./inherited-listener cat"
    for word in $RANDOM $RANDOM; do
        try "echo $word | ./client $path"
        usually 'take_listener returns the descriptor of the listener: 3.'
        expect_output "$word"
    done
}

@test "so is a client that came before it" {
    word=$RANDOM
    run="./peer stream connect a.sock send $word shutdown print sent copy >got &
        until grep -qs sent got; do :; done; exec env ./inherited-listener cat"
    serve "./activate a.sock sh -c '$run'"
    usually 'The client has connected to the listener that activate has
        made, and waits there. Take this one, and make none of your own.'
    wait_until grep -q "$word" got >/dev/null ||
        fail_check "$word" "$(sed 1d got | readable /dev/stdin)"
}

@test "without the variables there is no listener" {
    for each in LISTEN_PID LISTEN_FDS; do
        known '*SIGSEGV*' 'getenv(3) returns NULL if there is no such
            variable, and this may not be read as a text.'
        usually 'What descriptor 3 is, nobody knows, unless LISTEN_FDS and
            LISTEN_PID both say that it was left for somebody.'
        refuse "./activate $each.sock env -u $each ./inherited-listener cat"
    done
}

@test "a listener for another process is not taken" {
    usually 'Descriptors and variables are inherited by any process that a
        service starts. Compare LISTEN_PID with your own number, as a
        number: the listener is for this process only.'
    refuse './activate a.sock env LISTEN_PID=1 ./inherited-listener cat'
    refuse "./activate b.sock sh -c './inherited-listener cat; exit \$?'"
}

@test "another number of descriptors than one is not taken" {
    usually 'LISTEN_FDS is how many descriptors were left, from 3 on. With
        0 there is none; of 2, nobody would serve the second.'
    for each in 0 2; do
        run="env LISTEN_FDS=$each ./inherited-listener cat"
        refuse "./activate $each.sock $run"
    done
}

@test "a descriptor that is no stream listener is not taken" {
    usually 'Descriptor 3 is a file here, and no socket at all. Then
        getsockopt(2) fails.'
    run='exec env ./inherited-listener cat 3</dev/null'
    refuse "./activate d.sock sh -c '$run'"
    usually 'Descriptor 3 is a socket that does not listen. Its type does
        not tell: the option for that is SO_ACCEPTCONN.'
    refuse './activate -n a.sock ./inherited-listener cat'
    usually 'Descriptor 3 is a listener of another type, SOCK_SEQPACKET: see
        SO_TYPE.'
    refuse './activate -s b.sock ./inherited-listener cat'
    usually 'Descriptor 3 is a TCP listener, which the network can reach:
        see SO_DOMAIN.'
    refuse './activate -t c.sock ./inherited-listener cat'
}

@test "its commands get neither the listener nor the variables" {
    serve './activate a.sock ./inherited-listener readlink /proc/self/fd/3'
    try './client a.sock'
    usually 'execvp(3) leaves descriptors open. The command holds a copy of
        the listener: it could accept clients, and while it runs, the
        address is taken. fcntl(2) sets FD_CLOEXEC. The command is F_SETFD;
        F_SETFL sets other flags, and ignores this one.'
    expect_output ''
    serve './activate b.sock ./inherited-listener env'
    try './client b.sock | grep LISTEN_; true'
    usually 'A command inherits the variables, too, and may believe that
        they speak to it. unsetenv(3) removes them.'
    expect_output ''
    word=$RANDOM
    serve "KEEP=$word ./activate c.sock ./inherited-listener env"
    try './client c.sock | grep KEEP='
    usually 'Only LISTEN_FDS and LISTEN_PID are yours to remove: the command
        needs the rest.'
    expect_output "KEEP=$word"
}

@test "the socket stays at its end: its starter has made it" {
    try './activate a.sock ./inherited-listener cat 2>log1 &
        until grep -qs listening log1; do :; done; kill $!; wait $!'
    usually 'Who has made a socket removes it. Its starter may serve there
        again, and clients may be waiting already.'
    expect 'what is at the path' a.sock "$(ls a.sock 2>/dev/null)"
}
