#!/usr/bin/env bats
#
# What every server with a process per client promises.
# on: 01-stream/server 03-seqpacket/server 06-creds/server

load ../helpers/helpers
load ../helpers/callers

@test "a child has its client, and nothing else of the server's" {
    start_server a.sock
    start call a.sock send hello receive wait
    expect_answer "$reply"
    child=$(children_of "$server")
    # both have what we started the server with; of its own, it has a
    # listener and a lock, and the child the client's socket
    expect_equal 1 "$(readlink "/proc/$child/fd"/* | grep -c '^socket:')"
    expect_equal 0 "$(readlink "/proc/$child/fd"/* | grep -c 'lock$')"
    wait_until has_one_less "$child" "$server"
}

@test "as process 1 of a container it serves, though 1 is a child's parent" {
    needs_root
    unshare --pid --fork true || skip 'may not be process 1'
    start_server_under unshare --pid --fork
    # lesson 06 answers, too, but admits nobody who has no number in there
    [[ $lesson != 06-* ]] || reply='Unauthorized access'
    expect_service a.sock
}

# has_one_less CHILD SERVER: descriptors, once the server has closed the
# client's socket
has_one_less() {
    (($(descriptors_of "$1") == $(descriptors_of "$2") - 2 + 1))
}

@test "SIGTERM to a child ends it alone, and the socket file stays" {
    start_server a.sock
    start call a.sock send hello receive end print over
    expect_answer "$reply"
    kill -TERM "$(children_of "$server")"
    expect_answer over
    expect_service a.sock
}

@test "SIGTERM to a child that has just begun leaves the socket file, too" {
    needs strace # SIGTERM comes with the first call of any process
    trap '' TERM # but to the server then, it still is ignored
    start_traced_server -f -e trace=set_robust_list \
        -e inject=set_robust_list:signal=TERM
    trap - TERM
    run call a.sock end
    expect_run 0 ''
    expect_file socket a.sock
    end_traced_server
    grep -q 'killed by SIGTERM' trace
}

@test "SIGINT to a child that has just begun leaves the socket file, too" {
    needs strace # as above
    trap '' INT
    start_traced_server -f -e trace=set_robust_list \
        -e inject=set_robust_list:signal=INT
    trap - INT
    run call a.sock end
    expect_run 0 ''
    expect_file socket a.sock
    end_traced_server
    grep -q 'killed by SIGINT' trace
}

@test "a child whose server ends while it begins ends, too" {
    needs strace
    start_traced_server -f -e trace=getppid -e inject=getppid:signal=STOP
    start call a.sock print called wait
    expect_answer called
    wait_until grep -q 'stopped by SIGSTOP' trace
    child=$(children_of "$server")
    kill -KILL "$server"
    wait_until has_ended "$server"
    kill -CONT "$child" || true # it may be gone already, as it should
    wait_until has_ended "$child"
}

@test "a child whose server ended before it could begin serves nobody" {
    needs strace # which feigns that the child is an orphan
    start_traced_server -f -e trace=getppid -e inject=getppid:retval=1
    run call a.sock send hello receive
    expect_equal 1 "$status"
    end_traced_server
    grep -q INJECTED trace
}

@test "without a process for a client it drops that one, and says so" {
    local steps=(send hello receive) served=$reply
    if ((EUID == 0)); then # whom no limit holds
        if [[ $lesson == 06-* ]]; then # it refuses us, whatever we send
            steps=(receive) served='Unauthorized access'
        fi
        chmod 777 .
    fi
    cp "$bin/server" .
    "${ordinary[@]}" prlimit --nproc=1:1000 ./server a.sock 2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log 'server: listening on a.sock'
    run call a.sock end
    expect_run 0 ''
    expect_log 'server: fork for a client: Resource temporarily unavailable'
    "${ordinary[@]}" prlimit --pid "$server" --nproc=1000:
    run call a.sock "${steps[@]}"
    expect_run 0 "$served"
}

@test "SIGTERM ends it after it could not make a process, too" {
    needs strace
    start_traced_server -e inject='?clone,?clone3,?fork:error=EAGAIN:when=1'
    run call a.sock end
    expect_run 0 ''
    expect_log 'server: fork for a client: Resource temporarily unavailable'
    kill "$server"
    limit=5 wait_until has_ended "$server"
    expect_nothing_at a.sock
}

@test "SIGINT or SIGHUP to a child ends it alone, too" {
    for signal in INT HUP; do
        start_server_under env --default-signal=INT,HUP
        start call a.sock send hello receive end print over
        expect_answer "$reply"
        kill "-$signal" "$(children_of "$server")"
        expect_answer over
        expect_service a.sock
        expect_file socket a.sock
        end_server TERM
        rm orders answers
    done
}

@test "under nohup(1), SIGHUP ends no child either" {
    start_server_under env --ignore-signal=HUP
    start call a.sock send hello receive wait send x receive
    expect_answer "$reply"
    kill -HUP "$(children_of "$server")"
    close_orders
    expect_answer x
}

@test "a child that is stopped ends with its server, too" {
    start_server a.sock
    start call a.sock send hello receive end print over
    expect_answer "$reply"
    child=$(children_of "$server")
    kill -STOP "$child"
    wait_until is_stopped "$child"
    end_server KILL
    expect_answer over
}

@test "a client that receives no more is left alone: its child ends" {
    start_server a.sock
    start call a.sock deaf send hello print sent wait
    expect_answer sent
    expect_service a.sock # its turn came later, so both have had a child
    # in less time than the client has, which ends by itself then
    limit=5 wait_until has_no_children "$server"
}
