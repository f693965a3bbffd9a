#!/usr/bin/env bats
#
# What every server and client over a stream promises, where a send can be
# short.
# on: 01-stream/server 01-stream/event_server 06-creds/server
# also: 01-stream/client 06-creds/client

load ../helpers/helpers
load ../helpers/callers

@test "what two short sends leave over is sent next, on both sides" {
    needs strace # it feigns that each took one byte, which is lost
    local short=(-e trace=sendto -e inject=sendto:retval=1:when=1..2)
    start_server a.sock
    trace_client "${short[@]}" >got
    expect_equal "${reply/he/}" "$(<got)"
    end_server TERM
    start_traced_server -f "${short[@]}"
    run call a.sock send hello shutdown receive
    expect_run 0 "${reply:2}"
    end_traced_server
}

@test "a client waits in poll(2) only, for both of its directions at once" {
    needs strace
    start_server a.sock
    trace_client -e trace=sendto,recvfrom
    grep -q sendto trace.client
    grep -q recvfrom trace.client
    run ! grep -v MSG_DONTWAIT trace.client
}
