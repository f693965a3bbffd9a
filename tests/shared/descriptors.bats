#!/usr/bin/env bats
#
# What every server promises in which all clients share one process: nobody
# can make it wait with a descriptor that is slow to close.
# on: 01-stream/event_server 02-datagram/server 04-abstract/server

load ../helpers/helpers

case $lesson in
01-stream) name=a.sock address=$name type=stream ;;
02-datagram) name=a.sock address=$name type=datagram ;;
04-abstract) name=$$-name address=@$name type=stream ;;
esac

# The kernel can refuse them since Linux 6.16.
needs_refusal() {
    printf '6.16\n%s\n' "$(uname -r)" | sort -VC ||
        skip "Linux $(uname -r) cannot refuse descriptors"
}

@test "a descriptor that a client passes is refused" {
    needs_refusal
    start_server "$name"
    run peer "$type" connect "$address" pass hello
    expect_run 1 'peer: pass: Operation not permitted'
}

@test "who has tried to pass a descriptor that is slow to close stops nobody" {
    needs_refusal
    start_server "$name"
    stop_server # so that it would be the last to close it
    start peer "$type" connect "$address" send x pass hello print passed wait
    read -r -t "$limit" -u "$answers" _ || true # it ends, as it is refused
    kill -CONT "$server"
    local limit=5 # less than it stays, if it is not
    case $lesson in
    01-stream) run peer "$type" connect "$address" send hello receive ;;
    02-datagram) run peer "$type" bind me connect "$address" send hello receive ;;
    04-abstract) run client "$name" <<<hello ;;
    esac
    expect_equal 0 "$status"
}
