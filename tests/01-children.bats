#!/usr/bin/env bats
#
# What every server with a process per client promises. One text: 03- and
# 06-children.bats are links to it, and run it on their lesson's server.

load helpers
load callers

@test "a child has its client, and nothing else of the server's" {
    start_server a.sock
    start call a.sock send hello receive wait
    expect_answer "$reply"
    child=$(children_of "$server")
    expect_equal '1 socket, 0 locks' "$(readlink "/proc/$child/fd"/* | awk '
        /^socket:/ {sockets++}
        /lock$/ {locks++}
        END {print sockets + 0 " socket, " locks + 0 " locks"}')"
}

@test "SIGTERM to a child ends it alone, and the socket file stays" {
    start_server a.sock
    start call a.sock send hello receive end print over
    expect_answer "$reply"
    kill -TERM "$(children_of "$server")"
    expect_answer over
    expect_service a.sock
}

@test "without a process for a client it drops that one, and says so" {
    local as=() steps=(send hello receive) served=$reply
    if ((EUID == 0)); then # whom no limit holds
        as=(setpriv --reuid=12345 --regid=12345 --clear-groups)
        if [[ $lesson == 06-* ]]; then # it refuses us, whatever we send
            steps=(receive) served='Unauthorized access'
        fi
        chmod 777 .
    fi
    cp "$bin/server" .
    "${as[@]}" prlimit --nproc=1:1000 ./server a.sock 2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log 'server: listening on a.sock'
    run call a.sock end
    expect_run 0 ''
    expect_log 'server: fork for a client: Resource temporarily unavailable'
    "${as[@]}" prlimit --pid "$server" --nproc=1000:
    run call a.sock "${steps[@]}"
    expect_run 0 "$served"
}
