#!/usr/bin/env bats
#
# What every server with a path promises of how it begins, waits and ends,
# whatever comes between two of its calls.
# on: 01-stream/server 01-stream/event_server 02-datagram/server
# on: 03-seqpacket/server 06-creds/server

load ../helpers/helpers
load ../helpers/callers
load ../helpers/usage

@test "SIGINT or SIGHUP while it begins ends it in order, too" {
    needs strace
    for signal in INT HUP; do
        strace -D -qqo trace -e trace=bind -e inject="bind:signal=$signal" \
            env --default-signal=INT,HUP "$bin/$SERVER" a.sock \
            2>errors 3>&- &
        status=0
        wait $! || status=$?
        expect_equal "SIG$signal: 0" "SIG$signal: $status"
        expect_nothing_at a.sock
    done
}

@test "SIGINT that was ignored at the start, as a script's & does, ends it" {
    for signal in INT TERM; do
        start_server_under env --ignore-signal=INT,TERM
        end_server "$signal"
        expect_equal "SIG$signal: 0" "SIG$signal: $status"
        expect_nothing_at a.sock
    done
}

@test "SIGINT and SIGTERM that were blocked at the start end it" {
    for signal in INT TERM; do
        start_server_under env --block-signal=INT,TERM
        kill "-$signal" "$server"
        wait_until has_ended "$server"
        expect_nothing_at a.sock
    done
}

@test "SIGINT or SIGHUP ends it while a client is connected, too" {
    for signal in INT HUP; do
        start_server_under env --default-signal=INT,HUP
        start call a.sock send hello receive wait
        expect_answer "$reply"
        end_server "$signal"
        expect_equal "SIG$signal: 0" "SIG$signal: $status"
        expect_nothing_at a.sock
        close_orders
        wait "$started"
        rm orders answers
    done
}

@test "while it asks who lives at its path, no other server can take it" {
    needs strace
    start_server a.sock
    end_server KILL
    strace -D -qqo trace -e trace=connect -e inject=connect:signal=STOP \
        "$bin/$SERVER" a.sock 2>log 3>&- &
    server=$!
    exec {log}<log
    wait_until grep -q 'stopped by SIGSTOP' trace # it has its answer
    run program "$SERVER" a.sock
    expect_run 1 "$SERVER: bind a.sock: Address already in use"
    kill -CONT "$server"
    expect_log "$SERVER: listening on a.sock"
    expect_service a.sock
}

@test "without one of its standard streams it makes no socket of it" {
    for stream in 0 1 2; do
        # shellcheck disable=SC2016 # the inner shell's
        bash -c 'exec "$1" a.sock '"$stream>&-" - "$bin/$SERVER" \
            2>said 3>&- &
        server=$!
        wait_until expect_service a.sock
        expect_equal "$stream: /dev/null" \
            "$stream: $(readlink "/proc/$server/fd/$stream")"
        kill "$server"
        wait "$server"
    done
}

@test "it is in our process group, which Ctrl-C ends, and session" {
    start_server a.sock
    expect_equal "$(cut -d ' ' -f 5,6 /proc/self/stat)" \
        "$(cut -d ' ' -f 5,6 "/proc/$server/stat")"
}

@test "its socket file has the mode that the umask leaves, or lesson 06 sets" {
    umask 027
    start_server a.sock
    [[ $lesson == 06-* ]] && mode=666 || mode=750
    expect_equal "$mode" "$(stat -c %a a.sock)"
}

@test "when nobody calls, it idles" {
    start_server a.sock
    expect_service a.sock
    wait_until has_no_children "$server"
    expect_idle 0.3 "$server"
}

@test "it holds one socket, and no other that it does not need" {
    start_server a.sock
    local held=("/proc/$server/fd"/{[3-9],[1-9][0-9]*})
    expect_equal 1 "$(readlink "${held[@]}" | grep -c ^socket:)"
}

@test "a dead server's file that it cannot remove ends it with a line" {
    needs strace
    start_server a.sock
    end_server KILL
    run timeout "$limit" strace -qqo trace -e signal=none \
        -e inject=?unlink,?unlinkat:error=EPERM "$bin/$SERVER" a.sock
    expect_run 1 "$SERVER: unlink a.sock: Operation not permitted"
}

@test "SIGHUP ends it in order, too" {
    start_server_under env --default-signal=HUP
    end_server HUP
    expect_equal 0 "$status"
    expect_nothing_at a.sock
}

@test "SIGHUP that was ignored at the start, as by nohup(1), stays ignored" {
    start_server_under env --ignore-signal=HUP
    kill -HUP "$server"
    expect_service a.sock
    expect_file socket a.sock
}

@test "nor is what has the same number in a file system mounted since removed" {
    needs_root
    unshare --mount true || skip 'may not mount'
    mkdir d
    export limit
    export -f wait_until
    # shellcheck disable=SC2016 # the inner shell's
    run unshare --mount bash -c '
        mount -t tmpfs none d
        : >said
        "$1" d/a.sock 2>>said 3>&- &
        wait_until grep -q listening said
        number=$(stat -c %i d/a.sock)
        mount -t tmpfs none d
        touch d/a.sock.lock d/a.sock # in the order of the server
        echo "the same number: $(($(stat -c %i d/a.sock) == number))"
        kill $!
        wait $!
        LC_ALL=C stat -c "%n: %F" d/a.sock' - "$bin/$SERVER"
    expect_run 0 $'the same number: 1\nd/a.sock: regular empty file'
}

@test "SIGPIPE, which a log without a reader brings, does not end it" {
    start_server a.sock
    kill -PIPE "$server"
    expect_service a.sock
}

@test "wrong usage that nobody reads gives status 2 all the same" {
    expect_unread_usage "$SERVER"
}

@test "a log that has no reader from the first line on does not end it" {
    unread "$bin/$SERVER" a.sock &
    wait_until expect_service a.sock
}
