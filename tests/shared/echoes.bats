#!/usr/bin/env bats
#
# What every server promises that sends all back over a connection.
# on: 01-stream/server 01-stream/event_server 03-seqpacket/server

load ../helpers/helpers
load ../helpers/callers
load ../helpers/resources

# workers: the pids of those who serve: the server, and its children
workers() { echo "$server" "$(children_of "$server")"; }

# exchange COUNT: so many messages, each of which comes back
exchange() {
    mapfile -t -O "${#steps[@]}" steps < <(
        yes $'send\nhello\nreceive' | head -n $(($1 * 3)))
}

@test "a client that stops reading makes nobody spin, though it sends on" {
    start_server a.sock
    start call a.sock fill print full wait
    expect_answer full
    for worker in $(workers); do
        expect_idle 0.3 "$worker"
    done
}

@test "of a client that leaves with its echo unread nothing is said" {
    start_server a.sock
    call a.sock send hello readable
    call a.sock send hello receive
    wait_until has_no_children "$server"
    kill "$server"
    expect_equal '' "$(cat <&"$log")"
}

@test "2,000 messages of one client leave no memory behind" {
    local steps=()
    start_server a.sock
    exchange 100
    steps+=(print early wait)
    exchange 2000
    start call a.sock "${steps[@]}" print late readable
    read_until early
    memories >before
    close_orders
    read_until late
    memories >after
    paste before after | while read -r early late; do
        ((late - early < 64)) ||
            expect_equal 'less than 64 KiB' "$((late - early)) KiB"
    done
}

# read_until LINE: what the started command prints, to this line
read_until() {
    timeout "$limit" sed -u "/^$1\$/q" <&"$answers" >answered
    expect_equal "$1" "$(tail -n 1 answered)"
}

# memories: of each that serves, in KiB
memories() {
    local worker
    for worker in $(workers); do memory_of "$worker"; done
}
