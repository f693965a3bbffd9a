#!/usr/bin/env bats
#
# Each system call that a program cannot do without fails once, as strace(1)
# has it: the program ends with status 1, and one line names the call and
# its object.
# on: 01-stream/server 01-stream/event_server 01-stream/client
# on: 02-datagram/server 02-datagram/client
# on: 03-seqpacket/server 03-seqpacket/client
# on: 04-abstract/server 04-abstract/client 04-abstract/addresses
# on: 05-socketpair/pair 05-socketpair/coprocess
# on: 06-creds/server 06-creds/client

load ../helpers/helpers

name=${ON##*/} address=a.sock operands=() # how one starts the program
[[ $lesson != 04-* ]] || address=$$-name
case $ON in
*/addresses | */pair) ;;
*/coprocess) operands=(cat) ;;
02-*/client | 03-*/client) operands=("$address" hello) ;;
*) operands=("$address") ;;
esac

# On the left CALL[@FILE][:NUMBER], the call that fails: the first one, or
# this one, of all or of those on FILE. On the right what the program says.
# (setrlimit is the third: libc asks for a limit before main, and both calls
# are prlimit64(2).)
table() {
    cat <<'end'
01-stream/server 02-datagram/server 03-seqpacket/server 06-creds/server
    open@a.sock.lock       open a.sock.lock
    flock                  flock a.sock.lock
    socket:1               socket
    socket:2               socket
    bind                   bind a.sock
    lstat@a.sock:2         lstat a.sock
01-stream/server 03-seqpacket/server 06-creds/server
    listen                 listen a.sock
06-creds/server
    lchown                 chown a.sock
02-datagram/server
    recv                   recvfrom
01-stream/event_server
    getrlimit:2            getrlimit
    setrlimit:3            setrlimit
    open@a.sock.lock       open a.sock.lock
    flock                  flock a.sock.lock
    socket:1               socket
    epoll_create1          epoll_create1
    socket:2               socket
    bind                   bind a.sock
    listen                 listen a.sock
    lstat@a.sock:2         lstat a.sock
    epoll_ctl              epoll_ctl
    epoll_wait             epoll_wait
04-abstract/server
    socket                 socket
    bind                   bind @NAME
    listen                 listen @NAME
01-stream/client 06-creds/client
    socket                 socket
    connect                connect a.sock
    poll                   poll
    read@input             read standard input
    send                   send to the peer
    recv                   recv from the peer
    shutdown               shutdown of the peer's input
    write@output           write standard output
06-creds/client
    getsockopt             getsockopt SO_PEERCRED
02-datagram/client
    socket                 socket
    setsockopt:1           setsockopt
    setsockopt:2           setsockopt
    connect                connect a.sock
    bind                   bind a.sock.PID
    send                   send a.sock
    recv                   recv a.sock
    write@output           write standard output
03-seqpacket/client
    socket                 socket
    connect                connect a.sock
    send                   send message 1 of 5 bytes
    recv                   recv record 1
    write@output           write standard output
04-abstract/client
    socket                 socket
    connect                connect @NAME
    read@input             read standard input
    send                   send to the server
    shutdown               shutdown of the server's input
    recv                   recv from the server
04-abstract/addresses
    socket:1               socket
    socket:2               socket
    bind:1                 bind addresses.PID
    bind:2                 bind @addresses.PID
    bind:3                 bind without a name
    getsockname            getsockname
    write@output           write standard output
05-socketpair/pair
    socketpair             socketpair
    fork                   fork
    recv                   recv from the peer
    send                   send to the peer
    shutdown               shutdown of the peer's input
    write@output           write standard output
    waitpid                waitpid
05-socketpair/coprocess
    socketpair             socketpair
    fork                   fork
    poll                   poll
    read@input             read standard input
    send                   send to the peer
    recv                   recv from the peer
    shutdown               shutdown of the peer's input
    write@output           write standard output
    waitpid                waitpid
end
}

# rows: those of our program, as CALL and what it says
rows() {
    table | awk -v on=" $ON " '
        /^[^ ]/ {ours = index(" " $0 " ", on)}
        /^ / && ours' | sed 's/^ *//; s/  */ /'
}

# The names that strace(1) has for a call; those with ? are not everywhere
declare -gA strace_names=(
    [open]=openat [lstat]='?newfstatat,?lstat,?fstatat64'
    [lchown]='?lchown,?fchownat' [send]=sendto [recv]=recvfrom
    [poll]='?poll,?ppoll' [fork]='?clone,?clone3,?fork'
    [waitpid]='?wait4,?waitid'
    [getrlimit]='?prlimit64,?getrlimit' [setrlimit]='?prlimit64,?setrlimit'
)

# failing CALL[@FILE][:NUMBER]: our program, in which this call fails
failing() {
    local call=${1%%[@:]*} file=${1#*@} number=1 only=()
    [[ $1 != *:* ]] || number=${1#*:}
    [[ $1 != *@* ]] || only=(-P "${file%:*}")
    call=${strace_names[$call]:-$call}
    timeout "$limit" strace -qqqo trace -e signal=none "${only[@]}" \
        -e inject="$call:error=ENOMEM:when=$number" \
        "$bin/$name" "${operands[@]}" <input >output
}

# serve: whom our program needs; a client its server
serve() {
    [[ $name != client ]] || start_server "$address"
}

@test "a call that fails ends it with status 1 and a line that names it" {
    needs_plain_programs
    local row said
    needs strace
    echo hello >input
    serve
    while read -r row; do
        said=${row#* } said=${said/NAME/$address} said=${said/PID/*}
        : >output
        run --separate-stderr failing "${row%% *}"
        expect_like "status 1: *$name: $said: Cannot allocate memory*" \
            "status $status: $stderr" || {
            echo "when this call fails: ${row%% *}"
            return 1
        }
    done < <(rows)
    [[ -n $said ]] # else the table has no row for our program
}

# fail_at_once: our program, in which the first call of the table fails, and
# all its calls in the file trace
fail_at_once() {
    needs strace
    echo hello >input
    serve
    run failing "$(rows | sed '/@/d; s/ .*//' | head -n 1)"
}

@test "a line that it says is one write, whoever else writes there" {
    needs_plain_programs
    fail_at_once
    expect_equal "1 write: $output" \
        "$(grep -c '^write(2,' trace) write: $name: ${output#*: }"
}

@test "where there is no /dev/null, it does without" {
    needs strace
    run timeout 2 strace -qqo trace -P /dev/null \
        -e inject=openat:error=ENOENT "$bin/$name" -h
    expect_like "status 0: usage: $name*" "status $status: $output"
    expect_line INJECTED trace
}

@test "it closes /dev/null, which it opens for missing standard streams" {
    needs_plain_programs
    fail_at_once
    sed '1,/^open.*"\/dev\/null"/d' trace >after
    expect_line '^close' after
}
