#!/usr/bin/env bats
#
# Lesson 04: abstract names, which no file stands for.
# on: 04-abstract/server
# also: 04-abstract/client

load helpers/helpers
load helpers/abstract
load helpers/clients
load helpers/resources
load helpers/usage

# proc_addresses: what /proc/net/unix shows of the addresses with our pid, and
# not with a longer one
proc_addresses() {
    awk -v ours="@$$-" 'index($NF, ours) == 1 && $4 == "00010000" {print $NF}' \
        /proc/net/unix
}

@test "the name is exactly its bytes, without padding" {
    start_server "$name"
    expect_equal 'server: listening on @'"$name" "$line"
    expect_equal "@$name" "$(proc_addresses)"
}

@test "16 MiB arrive equal, and are there when the client ends" {
    head -c 16M /dev/urandom >a
    start_server "$name"
    client "$name" <a
    cmp a out
}

@test "clients are served one after another, each whole" {
    start_server "$name"
    start client "$name"
    echo first >&"$orders"
    wait_until grep -q first out
    peer stream connect "@$name" send second print sent >went 3>&- &
    wait_until grep -q sent went
    expect_idle 0.1 "$server"
    echo third >&"$orders"
    close_orders
    wait_until grep -q second out
    expect_equal $'first\nthird\nsecond' "$(<out)"
}

@test "nothing appears in the file system, and nothing stays" {
    start_server "$name"
    expect_equal $'log\nout' "$(ls -A)"
    echo hello | client "$name"
    expect_equal $'log\nout' "$(ls -A)"
    end_server TERM
    expect_equal $'log\nout' "$(ls -A)"
    expect_equal '' "$(proc_addresses)"
}

@test "a file of the same name is another address" {
    touch "$name"
    start_server "$name"
    echo hello | client "$name"
    expect_file 'regular empty file' "$name"
}

@test "a server that SIGKILL ended is replaced at once" {
    start_server "$name"
    end_server KILL
    start_server "$name"
    echo hello | client "$name"
    expect_equal hello "$(<out)"
}

@test "a second server is refused, and the first serves on" {
    start_server "$name"
    run program server "$name"
    expect_run 1 "server: bind @$name: Address already in use"
    echo hello | client "$name"
    expect_equal hello "$(<out)"
}

@test "it says that it listens only when a client can connect" {
    exec {full}<>log
    head -c 65536 /dev/zero >&"$full" # now the server cannot say it yet
    start_silent_server "$name"
    wait_until peer stream connect "@$name"
    head -c 65536 <&"$full" >zeros
    read_log
    expect_equal "server: listening on @$name" "$line"
}

@test "without a descriptor it waits, says so, and then serves" {
    start_server "$name"
    wait_until is_asleep "$server" # in accept(2)
    prlimit --pid "$server" --nofile=3: # new descriptors would be above
    peer stream connect "@$name" # an accept(2) that waits has its already
    client "$name" <<<hello >got 2>&1 3>&- &
    wait_until log_has 'server: accept a client: Too many open files'
    expect_idle 0.3 "$server"
    prlimit --pid "$server" --nofile=1000:
    wait_client $!
    expect_run 0 ''
    expect_equal hello "$(<out)"
}

@test "as many clients as the kernel allows can wait until it has time" {
    start_server "$name"
    stop_server
    limit=5 run peer -r "$(longest_queue)" stream connect "@$name"
    expect_run 0 ''
}

@test "a name of 107 bytes works" {
    long=$(printf '%s-%0107d' $$ 0 | cut -c1-107)
    start_server "$long"
    expect_equal "@$long" "$(proc_addresses)"
    echo hello | client "$long"
    expect_equal hello "$(<out)"
}

@test "a name of one byte is taken, though others may have it" {
    start_silent_server '~'
    read_log
    expect_like 'server: @(listening on @~|bind @~: Address already in use)' \
        "$line"
    run client '~' </dev/null
    expect_like '@(0 |1 client: connect @~: Connection refused)' \
        "$status $output"
}

@test "a name of 108 bytes is refused with both numbers" {
    long=$(printf '%s-%0108d' $$ 0 | cut -c1-108)
    for program in server client; do
        run program "$program" "$long"
        expect_run 1 "$program: name '$long' has 108 bytes, 1 to 107 fit"
    done
}

@test "an empty name is refused with both numbers" {
    for program in server client; do
        run program "$program" ''
        expect_run 1 "$program: name '' has 0 bytes, 1 to 107 fit"
    done
}

@test "wrong usage gives status 2 and the usage line" {
    for program in server client; do
        usage="usage: $program NAME"
        expect_wrong_usage "$usage" "$program"
        expect_wrong_usage "$usage" "$program" -x a
        expect_wrong_usage "$usage" "$program" a b
        expect_wrong_usage "$usage" "$program" a -h
    done
}

@test "-h prints the usage on standard output and gives status 0" {
    for program in server client; do
        expect_help "$program" "usage: $program NAME"
    done
}

@test "what follows -- is a name, though it begins with a dash" {
    start_server -- "-$name"
    expect_equal "server: listening on @-$name" "$line"
    client -- "-$name" <<<hello
    expect_equal hello "$(<out)"
}

@test "an @ at the beginning is a part of the name, for both" {
    start_server "@$name"
    expect_equal "server: listening on @@$name" "$line"
    client "@$name" <<<hello
    expect_equal hello "$(<out)"
}

@test "a server that cannot write says so with status 1" {
    ln -s /dev/full out
    start_server "$name"
    echo hello | client "$name" || true # it may be gone by then
    expect_log 'server: write standard output: No space left on device'
    status=0
    wait "$server" || status=$?
    expect_equal 1 "$status"
}

@test "wrong usage that nobody reads gives status 2 all the same" {
    expect_unread_usage server
}

@test "a server whose output has lost its reader says so with status 1" {
    mkfifo out
    : <out 3>&- & # who reads it goes as soon as the server has it
    reader=$!
    start_server "$name"
    wait "$reader"
    client "$name" <<<hello || true # it may hear of it
    expect_log 'server: write standard output: Broken pipe'
    status=0
    wait "$server" || status=$?
    expect_equal 1 "$status"
}

@test "a log that has no reader from the first line on does not end it" {
    unread "$bin/server" "$name" >out &
    await_listener "@$name"
    client "$name" <<<hello
    expect_equal hello "$(<out)"
}

@test "a server without a standard output says so, and its client hears of it" {
    "$bin/server" "$name" >&- 2>log 3>&- &
    exec {log}<log
    expect_log "server: listening on @$name"
    run client "$name" <<<hello
    expect_run 1 'client: recv from the server: Connection reset by peer'
    expect_log 'server: write standard output: Bad file descriptor'
}

@test "a client hears of it when the server could not write its bytes" {
    ln -s /dev/full out
    start_server "$name"
    run client "$name" <<<hello
    expect_run 1 'client: recv from the server: Connection reset by peer'
}

@test "what comes while it writes is not taken with what it has written" {
    mkfifo out
    exec {out}<>out
    head -c 65536 /dev/zero >&"$out" # its first write(2) has to wait
    start_server "$name"
    start peer stream connect "@$name" send first print sent wait \
        send second print sent shutdown end
    expect_answer sent
    wait_until grep -q pipe "/proc/$server/wchan"
    close_orders
    expect_answer sent
    head -c 65536 <&"$out" >zeros
    IFS= read -r -t "$limit" -n 11 -u "$out" line || line+=' and no more'
    expect_equal firstsecond "$line"
}

@test "-h that cannot be printed gives status 1" {
    for program in server client; do
        run bash -c '"$1" -h >/dev/full' - "$bin/$program"
        expect_run 1 "$program: write standard output: No space left on device"
        expect_help_error "$program"
    done
}

@test "without standard streams, none becomes a socket" {
    "$bin/server" "$name" <&- >&- 2>&- 3>&- &
    await_listener "@$name"
    expect_equal $'/dev/null\n/dev/null\n/dev/null' \
        "$(readlink "/proc/$!/fd/"{0,1,2})"
    run timeout "$limit" bash -c '"$@" <&- >&-' - "$bin/client" "$name"
    expect_run 0 ''
}

@test "without one standard stream, whichever, none becomes a socket" {
    for stream in 0 1 2; do
        (
            eval "exec $stream>&- 3>&-" # to close 0 needs no <
            exec "$bin/server" "$name"
        ) &
        server=$!
        await_listener "@$name"
        expect_equal "$stream: /dev/null" \
            "$stream: $(readlink "/proc/$server/fd/$stream")"
        kill "$server"
        wait "$server" || true
    done
}

@test "calls that a signal interrupts are made again" {
    needs strace # the server's first write(2) is for its log
    start_traced -e inject=accept4,recvfrom:error=EINTR:when=1+2 \
        -e inject=write:error=EINTR:when=2+2
    trace_sender -e inject=sendto,recvfrom:error=EINTR:when=1+2
    expect_equal hello "$(<out)"
    for call in 'accept4' 'recvfrom.*MSG_PEEK' 'recvfrom.* 0, NULL' 'write'; do
        grep "$call.*INJECTED" trace || expect_equal "$call" 'not interrupted'
    done
    for call in sendto recvfrom; do
        grep "$call.*INJECTED" trace.client ||
            expect_equal "$call of the client" 'not interrupted'
    done
    echo again >input
    timeout "$limit" strace -qqqo trace -P "$PWD/input" -e trace=read \
        -e inject=read:error=EINTR:when=1 "$bin/client" "$name" <input
    expect_equal $'hello\nagain' "$(<out)"
}

@test "an accept(2) that a signal interrupts is made again, and not logged" {
    needs strace
    start_traced -e inject=accept4:error=EINTR:when=1+2
    client "$name" <<<hello
    kill "$(children_of $!)" # the server; strace ends with it
    expect_equal '' "$(cat <&"$log")"
    grep INJECTED trace
}

@test "what two short sends or writes leave over goes next" {
    needs strace # it feigns that each took one byte, which is lost
    start_traced -e trace=write -e inject=write:retval=1:when=2..3
    client "$name" <<<hello
    trace_sender -e trace=sendto -e inject=sendto:retval=1:when=1..2
    printf 'llo\nllo\n' | cmp - out
}

@test "neither side sets a limit on how long the other may take" {
    needs strace
    local limits='setsockopt,?alarm,?setitimer,?timer_settime,?poll,?ppoll'
    start_traced -e trace="$limits"
    trace_sender -e trace="$limits"
    kill -KILL "$(children_of $!)" # the server; strace ends with it
    wait $! || true
    expect_no_line -E 'TIMEO|alarm|timer|poll' trace trace.client
}

@test "an output that would have to wait, EAGAIN, is an error" {
    needs strace # the server's first write(2) is for its log
    start_traced -e trace=write -e inject=write:error=EAGAIN:when=2
    client "$name" <<<hello || true # it may hear of it
    expect_log \
        'server: write standard output: Resource temporarily unavailable'
}

@test "a connection that breaks is logged, and the next client is served" {
    needs strace
    start_traced -e trace=recvfrom -e inject=recvfrom:error=ECONNRESET:when=1
    client "$name" <<<lost || true # depending on when it hears of it
    expect_log 'server: recv from a client: Connection reset by peer'
    client "$name" <<<hello
    expect_equal hello "$(<out)"
}

@test "a program that it started would inherit none of its descriptors" {
    needs strace
    start_traced -e trace='/^(socket|accept)'
    trace_sender -e trace=socket
    grep -q accept trace
    expect_no_line -v CLOEXEC trace trace.client
}

@test "200 clients leave no descriptor behind" {
    start_server "$name"
    peer -r 200 stream connect "@$name" send x
    echo last | client "$name"
    before=$(descriptors_of "$server")
    peer -r 200 stream connect "@$name" send x
    echo last | client "$name"
    wait_until has_descriptors "$before" "$server"
    expect_equal 410 "$(stat -c %s out)"
}

@test "20 clients whose connection breaks leave no descriptor behind" {
    needs strace
    start_traced -e trace=recvfrom -e inject=recvfrom:error=ECONNRESET
    server=$(children_of $!)
    before=$(descriptors_of "$server")
    for _ in {1..20}; do
        peer stream connect "@$name" send x || true # which may be too late
        expect_log 'server: recv from a client: Connection reset by peer'
    done
    wait_until has_descriptors "$before" "$server"
}

@test "what passes leaves no memory behind, on either side" {
    head -c 16M /dev/zero >a
    start_server "$name"
    start "$bin/client" "$name"
    cat a >&"$orders"
    wait_until has_size $((16 << 20)) out
    before=$(memory_of "$server")
    before_client=$(memory_of "$started")
    cat a >&"$orders"
    wait_until has_size $((32 << 20)) out
    expect_grown_little "$before" "$server"
    expect_grown_little "$before_client" "$started"
}

@test "socat as a client is served" {
    needs socat
    start_server "$name"
    echo hello | timeout "$limit" socat -u - "ABSTRACT-CONNECT:$name"
    wait_until grep -q hello out
}

@test "python3 as a client is served" {
    needs python3
    start_server "$name"
    timeout "$limit" python3 - "$name" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect("\0" + sys.argv[1])
s.sendall(b"hello\n")
PYTHON
    wait_until grep -q hello out
}
