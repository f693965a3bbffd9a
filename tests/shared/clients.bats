#!/usr/bin/env bats
#
# What every client with a path promises.
# on: 01-stream/client 02-datagram/client 03-seqpacket/client
# on: 06-creds/client

load ../helpers/helpers
load ../helpers/callers

@test "what a short write leaves over, a client writes next" {
    needs strace # it feigns that the first one took a byte, which is lost
    start_server a.sock
    trace_client -e trace=write >whole
    trace_client -P "$PWD/got" -e trace=write \
        -e inject=write:retval=1:when=1 >got
    expect_like "*$reply" "$(<whole)"
    tail -c +2 whole | cmp - got
}

@test "a client without a standard output says so with status 1" {
    start_server a.sock
    run timeout "$limit" bash -c '"$@" <<<hello >&-' - \
        "$bin/client" a.sock "${message[@]}"
    expect_like '1 *client: write standard output: Bad file descriptor' \
        "$status $output"
}

@test "a client whom no server awaits says so with status 1" {
    run client a.sock "${message[@]}" </dev/null
    expect_run 1 'client: connect a.sock: No such file or directory'
    start_server a.sock
    end_server KILL
    run client a.sock "${message[@]}" </dev/null
    expect_run 1 'client: connect a.sock: Connection refused'
}

@test "a client's path that does not fit is refused with both numbers" {
    path=$(printf '%0108d' 0)
    run client "$path" "${message[@]}" </dev/null
    expect_run 1 "client: path '$path' has 108 bytes, 1 to 107 fit"
    run client '' "${message[@]}" </dev/null
    expect_run 1 "client: path '' has 0 bytes, 1 to 107 fit"
}

@test "a path of 107 bytes, or of one, leads a client to its server" {
    local size=107
    [[ $type != datagram ]] || size=99 # its own path is longer, by its PID
    for path in "$(printf "%0${size}d" 0)" a; do
        start_server "$path"
        run --separate-stderr client "$path" "${message[@]}" <<<hello
        expect_like "status 0: *$reply" "status $status: $output"
        end_server TERM
    done
}

# start_waiting_client COMMAND [ARG...]: one that has sent hello to a server
# that does not answer; COMMAND becomes it, and $client is its pid
start_waiting_client() {
    if [[ $type == datagram ]]; then
        start peer "$type" bind a.sock print ready readable print come wait
    else
        start peer "$type" bind a.sock listen print ready \
            accept readable print come wait
    fi
    expect_answer ready
    echo hello >input
    "$@" "$bin/client" a.sock "${message[@]}" \
        <input >got 2>said 3>&- {orders}>&- &
    client=$!
}

@test "a client that waits for its answer idles" {
    start_waiting_client env
    expect_answer come
    expect_idle 0.3 "$client"
}

@test "without one of its standard streams a client makes no socket of it" {
    for stream in 0 1 2; do
        # shellcheck disable=SC2016 # the inner shell's
        start_waiting_client bash -c 'exec "$@" '"$stream>&-" -
        expect_answer come # so it has made its socket
        expect_equal "$stream: /dev/null" \
            "$stream: $(readlink "/proc/$client/fd/$stream")"
        kill "$client"
        close_orders
        wait "$client" "$started" || true
        rm -f a.sock orders answers
    done
}
