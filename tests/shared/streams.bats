#!/usr/bin/env bats
#
# What every server and client over a stream promises, where a send can be
# short.
# on: 01-stream/server 01-stream/event_server 06-creds/server
# also: 01-stream/client 06-creds/client

load ../helpers/helpers
load ../helpers/callers
load ../helpers/resources

@test "what two short sends leave over is sent next, on both sides" {
    needs strace # it feigns that each took one byte, which is lost
    local short=(-e trace=sendto -e inject=sendto:retval=1:when=1..2)
    start_server a.sock
    trace_client "${short[@]}" >got
    echo "${reply/he/}" | cmp - got
    end_server TERM
    start_traced_server -f "${short[@]}"
    run call a.sock send hello shutdown receive
    expect_run 0 "${reply:2}"
    end_traced_server
}

@test "a client waits in poll(2) only, for both of its directions at once" {
    needs strace
    start_server a.sock
    trace_client -e trace='sendto,recvfrom,?poll,?ppoll'
    expect_waits_in_poll trace.client
}

@test "what passes leaves no memory behind in who serves" {
    local message few=() many=()
    message=$(printf '%0300d' 0)
    for _ in {1..100}; do few+=(send "$message" receive); done
    for _ in {1..5}; do many+=("${few[@]}"); done
    start_server a.sock
    start quietly call a.sock "${few[@]}" tell few wait "${many[@]}" tell many \
        receive
    wait_until grep -q few errors
    serves=$(children_of "$server") # or it is the server itself
    before=$(memory_of "${serves:-$server}")
    close_orders
    wait_until grep -q many errors
    expect_grown_little "$before" "${serves:-$server}"
}

# quietly COMMAND [ARG...]: what it prints is of no interest
quietly() { "$@" >/dev/null; }

@test "without standard error alone a server serves, and no socket becomes it" {
    "$bin/$SERVER" a.sock 2>&- 3>&- &
    wait_until expect_service a.sock
    expect_equal /dev/null "$(readlink "/proc/$!/fd/2")"
}
