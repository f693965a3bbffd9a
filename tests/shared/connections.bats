#!/usr/bin/env bats
#
# What every server that accepts connections promises.
# on: 01-stream/server 01-stream/event_server
# on: 03-seqpacket/server 06-creds/server
# also: 01-stream/client 03-seqpacket/client 06-creds/client

load ../helpers/helpers
load ../helpers/callers
load ../helpers/clients

@test "as many clients as the kernel allows can wait, and ours for room there" {
    start_server a.sock
    stop_server
    limit=5 run peer -r "$(longest_queue)" "$type" connect a.sock
    expect_run 0 ''
    "$bin/client" a.sock "${message[@]}" </dev/null >got 2>&1 3>&- &
    wait_until is_asleep $!
    end_server KILL
    wait_client $!
    expect_run 1 'client: connect a.sock: Connection refused'
}

@test "clients that left before it had time leave no descriptor behind" {
    start_server a.sock
    expect_service a.sock
    wait_until has_no_children "$server"
    before=$(descriptors_of "$server")
    stop_server
    peer -r 50 "$type" connect a.sock
    peer -r 50 "$type" connect a.sock send hello
    kill -CONT "$server"
    expect_service a.sock # its turn comes after theirs
    wait_until has_no_children "$server"
    wait_until has_descriptors "$before" "$server"
    kill "$server"
    expect_no_line 'accept a client' <&"$log" # they were no trouble
}

@test "it sets no limit on how long a client may stay" {
    needs strace
    start_traced_server -f -e signal=none \
        -e trace='setsockopt,?alarm,?setitimer,?timer_settime,?epoll_wait'
    expect_service a.sock
    kill -KILL "$server" # and nothing that it would do at its end counts
    wait "$tracer" || true
    expect_no_line -E 'TIMEO|alarm|timer|epoll_wait.*, [0-9]+\)' trace
}

@test "without a descriptor it waits, says so, and then serves" {
    start_server a.sock
    prlimit --pid "$server" --nofile=3: # new descriptors would be above
    call a.sock # an accept(2) that waits has got its descriptor before
    start call a.sock send hello receive
    wait_until log_has "$SERVER: accept a client: Too many open files"
    expect_idle 0.3 "$server"
    prlimit --pid "$server" --nofile=1000:
    expect_answer "$reply"
}

@test "without memory for a client it waits, says so, and then serves" {
    needs strace
    start_traced_server -e trace=accept4 -e inject=accept4:error=ENOMEM:when=1
    expect_service a.sock
    expect_log "$SERVER: accept a client: Cannot allocate memory"
    end_traced_server
}

@test "an accept(2) that a signal interrupts is made again without a word" {
    needs strace
    start_traced_server -e trace=accept4 -e inject=accept4:error=EINTR:when=1
    expect_service a.sock
    end_traced_server
    expect_no_line 'accept a client' <&"$log"
}
