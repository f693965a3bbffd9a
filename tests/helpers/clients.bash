# clients.bash - a client that runs beside the test, and what it has said
# shellcheck shell=bash

# wait_client PID: it has ended with this $status and this $output, which it
# wrote to the file got
wait_client() {
    status=0
    wait "$1" || status=$?
    # shellcheck disable=SC2034 # for expect_run
    output=$(<got)
}

# start_deaf [COMMAND...]: a client named deaf, started by the command, has sent
# 300 times hello to a.sock, a datagram socket, and does not read the answers
start_deaf() {
    local hellos=()
    for _ in {1..300}; do hellos+=(sendto a.sock hello); done
    start "$@" "$tests/tools/peer" datagram bind deaf "${hellos[@]}" \
        print sent wait
    expect_answer sent
}

# queue_is_full: nothing more goes to a.sock, a datagram socket, without
# waiting
queue_is_full() {
    ! timeout 0.1 "$tests/tools/peer" datagram connect a.sock send x
}

# expect_end STATUS OUTPUT: what the last `run` of the client gave, both
# streams; lesson 06's says first who the server is
expect_end() {
    local first=
    [[ $lesson == 06-* ]] &&
        first=$'client: the server is pid [1-9]*([0-9]), uid +([0-9]) (*)\n'
    expect_like "status $1: $first$2" "status $status: $output"
}
