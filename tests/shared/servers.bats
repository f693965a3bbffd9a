#!/usr/bin/env bats
#
# What every server with a path promises, and where both sides are needed to
# show it, its client.
# on: 01-stream/server 01-stream/event_server 02-datagram/server
# on: 03-seqpacket/server 06-creds/server
# also: 01-stream/client 02-datagram/client 03-seqpacket/client
# also: 06-creds/client

load ../helpers/helpers
load ../helpers/callers
load ../helpers/resources

in_use="$SERVER: bind a.sock: Address already in use"

# call_times COUNT: one client after another, each of them served
call_times() {
    local own=()
    if [[ $type == datagram ]]; then
        own=(bind "@$$")
    fi
    limit=40 peer -r "$1" "$type" "${own[@]}" connect a.sock \
        send hello receive >answers
    expect_equal "$1 $reply" "$(uniq -c answers | sed 's/^ *//')"
}

@test "it says that it listens only when a client can connect" {
    exec {full}<>log
    head -c 65536 /dev/zero >&"$full" # now the server cannot say it yet
    start_silent_server a.sock
    wait_until call a.sock send hello
    head -c 65536 <&"$full" >zeros
    read_log
    expect_equal "$SERVER: listening on a.sock" "$line"
}

@test "SIGINT and SIGTERM end it while it waits for room in its log, too" {
    for signal in INT TERM; do
        exec {full}<>log
        head -c 65536 /dev/zero >&"$full"
        start_silent_server a.sock
        wait_until call a.sock send hello
        wait_until is_asleep "$server" # there is nothing else to wait for
        end_server "$signal"
        expect_equal 0 "$status"
        expect_nothing_at a.sock
    done
}

@test "a second server is refused, and the first serves on" {
    start_server a.sock
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    expect_service a.sock
}

@test "a program that is not ours keeps its address, and its one client" {
    if [[ $type == datagram ]]; then
        start peer "$type" bind a.sock print ready echo
    else
        start peer "$type" bind a.sock listen print ready accept echo
    fi
    expect_answer ready
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    run call a.sock send hello receive
    expect_run 0 hello
}

@test "a program that is not ours keeps an address that it only bound" {
    start peer "$type" bind a.sock print ready wait
    expect_answer ready
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    expect_file socket a.sock
}

@test "another's socket to which it may not connect is left alone" {
    start peer "$type" bind a.sock print ready wait
    expect_answer ready
    chmod 0 a.sock
    chmod 777 .
    cp "$bin/$SERVER" .
    run timeout "$limit" "${ordinary[@]}" "./$SERVER" a.sock
    expect_like "1 $SERVER: * a.sock: *" "$status $output"
    expect_file socket a.sock
}

@test "a server that SIGKILL ended is replaced" {
    start_server a.sock
    end_server KILL
    expect_file socket a.sock
    start_server a.sock
    expect_service a.sock
}

@test "a regular file at the path survives untouched" {
    echo precious >a.sock
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    expect_equal precious "$(<a.sock)"
}

@test "a FIFO at the path survives untouched" {
    mkfifo a.sock
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    expect_file fifo a.sock
}

@test "a folder at the path survives untouched" {
    mkdir a.sock
    touch a.sock/precious
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    expect_file 'regular empty file' a.sock/precious
}

@test "a dangling link at the path survives untouched" {
    ln -s nowhere a.sock
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    expect_equal nowhere "$(readlink a.sock)"
    expect_nothing_at nowhere
}

@test "whoever has the lock has the path, even before the socket is there" {
    echo precious >a.sock.lock
    exec {lock}<a.sock.lock
    flock --shared "$lock" # which a lock that is exclusive cannot join
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    expect_nothing_at a.sock
    expect_equal precious "$(<a.sock.lock)"
}

@test "it holds the lock as long as it lives, and leaves the lock file" {
    start_server a.sock
    inode=$(stat -c %i a.sock.lock)
    expect_equal 600 "$(stat -c %a a.sock.lock)" # nobody else can hold it
    run flock --nonblock a.sock.lock true
    expect_equal 1 "$status"
    end_server TERM
    expect_equal "$inode" "$(stat -c %i a.sock.lock)"
    flock --nonblock a.sock.lock true
}

@test "a link to a dead server's socket survives untouched" {
    start_server b.sock
    end_server KILL
    ln -s b.sock a.sock
    run program "$SERVER" a.sock
    expect_run 1 "$in_use"
    expect_equal b.sock "$(readlink a.sock)"
    expect_file socket b.sock
}

@test "a signal while it begins ends it in order, too" {
    needs strace
    strace -D -qqo trace -e trace=bind -e inject=bind:signal=TERM \
        "$bin/$SERVER" a.sock 2>errors 3>&- &
    status=0
    wait $! || status=$?
    expect_equal 0 "$status"
    expect_nothing_at a.sock
}

@test "a link at the place of the lock is not followed" {
    ln -s nowhere a.sock.lock
    run program "$SERVER" a.sock
    expect_run 1 "$SERVER: open a.sock.lock: Too many levels of symbolic links"
    expect_nothing_at nowhere a.sock
}

@test "a path of 107 bytes serves, and one of a single byte" {
    for path in "$(printf '%0107d' 0)" a; do
        start_server "$path"
        expect_service "$path"
        end_server TERM
    done
}

@test "two paths of 107 bytes whose last ones differ have a server each" {
    path=$(printf '%0106d' 0)
    start_server "${path}1"
    start_server "${path}2"
    expect_service "${path}1"
    expect_service "${path}2"
}

@test "a single byte is served, and its client stays" {
    start_server a.sock
    run call a.sock send h receive send hello receive
    expect_run 0 "${reply:0:-4}"$'\n'"${reply#'> '}" # its line goes on
}

@test "a path of 108 bytes is refused with both numbers, and makes nothing" {
    path=$(printf '%0108d' 0)
    run program "$SERVER" "$path"
    expect_run 1 "$SERVER: path '$path' has 108 bytes, 1 to 107 fit"
    expect_equal log "$(ls)"
}

@test "an empty path is refused with both numbers, and makes nothing" {
    run program "$SERVER" ''
    expect_run 1 "$SERVER: path '' has 0 bytes, 1 to 107 fit"
    expect_equal log "$(ls)"
}

@test "SIGINT and SIGTERM end it with status 0 and without its file" {
    for signal in INT TERM; do
        start_server a.sock
        expect_file socket a.sock
        end_server "$signal"
        expect_equal 0 "$status"
        expect_nothing_at a.sock
    done
}

@test "what took the place of its file is not removed at the end" {
    start_server a.sock
    rm a.sock
    echo precious >a.sock
    end_server TERM
    expect_equal 0 "$status"
    expect_equal precious "$(<a.sock)"
}

@test "nor is a link to its file, which has been moved" {
    start_server a.sock
    mv a.sock moved
    ln -s moved a.sock
    end_server TERM
    expect_equal 0 "$status"
    expect_file 'symbolic link' a.sock
}

@test "SIGTERM ends it while a client is connected, too" {
    start_server a.sock
    start call a.sock send hello receive wait
    expect_answer "$reply"
    end_server TERM
    expect_equal 0 "$status"
    expect_nothing_at a.sock
}

@test "SIGKILL ends it and its children, and frees the lock" {
    start_server a.sock
    if [[ $type == datagram ]]; then
        end_server KILL
    else
        start call a.sock send hello receive end print over
        expect_answer "$reply"
        end_server KILL
        expect_answer over
    fi
    wait_until flock --nonblock a.sock.lock true
}

@test "each line of its log is one write" {
    needs strace
    start_traced_server -f -s 1000 -e signal=none -e trace=write
    expect_service a.sock
    end_traced_server
    local lines # what it has logged by then: lessons 02 and 06, each client
    [[ $lesson == 0[26]-* ]] && lines=2 || lines=1
    expect_equal "$lines" "$(grep -c 'write(2, ' trace)"
    expect_equal "$lines" "$(grep -c 'write(2, ".*\\n", ' trace)"
}

# called_of CALLS FILE: those of CALLS,… that a trace has
called_of() {
    tr , '\n' <<<"$1" | sort | while read -r call; do
        grep -q "\b$call(" "$2" && echo "$call"
    done
}

# injected_in FILE: the calls of a trace to which an error was feigned, in one
# line, or in two where another process came between
injected_in() {
    local call='(<\.\.\. )?([a-z0-9_]+)(\(| resumed)'
    sed -nE "s/^[0-9 ]*$call.*INJECTED.*/\\2/p" "$1" | sort -u
}

@test "calls that a signal interrupts are made again" {
    needs strace
    local calls=sendto,recvfrom,accept4,poll,epoll_wait
    [[ $type == datagram ]] && calls=recvfrom # its sendto never waits
    start_traced_server -f -e inject="$calls:error=EINTR:when=1+2"
    local client_calls=sendto,recvfrom,poll
    run --separate-stderr trace_client \
        -e inject="$client_calls:error=EINTR:when=1+2"
    end_traced_server
    expect_like "status 0: *$reply" "status $status: $output"
    expect_equal "$(called_of "$calls" trace)" "$(injected_in trace)"
    expect_equal "$(called_of "$client_calls" trace.client)" \
        "$(injected_in trace.client)"
}

@test "a program that it started would inherit none of its descriptors" {
    needs strace
    local opening='socket|accept|epoll_create'
    start_traced_server -f -e trace="/^(open|$opening)"
    trace_client -e trace="/^(open|$opening)"
    end_traced_server
    grep -E "($opening)[^ ]*\(|a\.sock\.lock" trace trace.client >opened
    expect_equal 'trace trace.client' "$(cut -d: -f1 opened | sort -u | xargs)"
    expect_no_line -v CLOEXEC opened
}

@test "started without standard streams it serves, and none becomes a socket" {
    "$bin/$SERVER" a.sock <&- >&- 2>&- 3>&- &
    wait_until expect_service a.sock
    expect_equal $'/dev/null\n/dev/null\n/dev/null' \
        "$(readlink "/proc/$!/fd/"{0,1,2})"
}

@test "of 16 servers that start at once over a stale file one serves" {
    start_server a.sock
    end_server KILL
    for i in {1..16}; do
        "$bin/$SERVER" a.sock 2>"log.$i" 3>&- &
    done
    for i in {1..15}; do
        wait -n || true # the others end
    done
    wait_until grep -q listening log.*
    expect_equal "15 $in_use
1 $SERVER: listening on a.sock" "$(sort log.* | uniq -c | sed 's/^ *//')"
    expect_service a.sock
}

@test "200 clients leave no zombie and no descriptor behind" {
    start_server a.sock
    call a.sock send hello receive
    wait_until has_no_children "$server"
    before=$(descriptors_of "$server")
    call_times 200
    wait_until has_no_children "$server"
    wait_until has_descriptors "$before" "$server"
}

@test "2,000 clients leave no memory behind" {
    needs_plain_programs
    "$bin/$SERVER" a.sock 2>said 3>&- &
    server=$!
    wait_until grep -q 'listening on' said
    call_times 200
    before=$(memory_of "$server")
    call_times 2000
    expect_grown_little "$before" "$server"
}

@test "clients that send and leave without reading do not end it" {
    start_server a.sock
    for _ in {1..20}; do
        call a.sock send hello
    done
    expect_service a.sock
}

@test "another's socket that took the place of its file is not removed" {
    start_server a.sock
    rm a.sock
    start peer "$type" bind a.sock print ready wait
    expect_answer ready
    end_server TERM
    expect_equal 0 "$status"
    expect_file socket a.sock
}

@test "a lock that is a FIFO does not make it wait" {
    mkfifo a.sock.lock
    start_server a.sock
    expect_service a.sock
}

@test "of a lock that another user left, it says who has to remove it" {
    needs_root
    chmod 777 .
    cp "$bin/$SERVER" .
    (umask 077 && touch a.sock.lock)
    run timeout "$limit" "${ordinary[@]}" "./$SERVER" a.sock
    expect_run 1 \
        "$SERVER: open a.sock.lock: Permission denied: user 0 has to remove it"
    expect_nothing_at a.sock
}

@test "of a folder where it may make no lock, it says that it may not" {
    cp "$bin/$SERVER" .
    chmod 755 .
    mkdir -m 555 closed
    run timeout "$limit" "${ordinary[@]}" "./$SERVER" closed/a.sock
    expect_run 1 "$SERVER: open closed/a.sock.lock: Permission denied"
}
