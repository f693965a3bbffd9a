#!/usr/bin/env bats
#
# Lesson 01: what only one process for all clients has to promise.
# on: 01-stream/event_server

load helpers/helpers
load helpers/resources

@test "it takes as many descriptors as it may have" {
    (ulimit -Sn 20 && exec "$bin/event_server" a.sock 2>log 3>&-) &
    read -r _ <log
    expect_equal "$(ulimit -Hn)" \
        "$(awk '/^Max open files/ {print $4}' "/proc/$!/limits")"
}

@test "out of descriptors it idles, and serves every client in the end" {
    mkfifo stay
    (ulimit -n 50 && exec "$bin/event_server" a.sock 2>log 3>&-) &
    server=$!
    exec {log}<log
    expect_log 'event_server: listening on a.sock'
    for _ in {1..100}; do
        peer stream connect a.sock send hello receive wait \
            <stay >>served 3>&- &
    done
    exec {stay}>stay
    expect_log 'event_server: accept a client: Too many open files'
    wait_until whoever_is_accepted_is_served
    expect_idle 0.5 "$server"
    (($(wc -l <served) < 50))
    exec {stay}>&- # those who were served leave, and make room
    wait_until all_are_served
}

# whoever_is_accepted_is_served: each has a socket there, besides the listener
whoever_is_accepted_is_served() {
    local sockets
    sockets=$(readlink "/proc/$server/fd"/* | grep -c ^socket:)
    (($(wc -l <served) == sockets - 1))
}

all_are_served() { (($(wc -l <served) == 100)); }

# start_shortage COUNT: the server has a client that it cannot accept, while
# another one, once orders is closed, wakes it so many times
start_shortage() {
    local steps=()
    mapfile -t steps < <(yes $'send\nhello\nreceive' | head -n $(($1 * 3)))
    start peer stream connect a.sock send hello receive wait \
        "${steps[@]}" print over
    expect_answer hello # so it has been accepted
    prlimit --pid "$server" --nofile=3:
    "$tests/tools/peer" stream connect a.sock end 3>&- {orders}>&- &
    expect_log 'event_server: accept a client: Too many open files'
}

# end_shortage COUNT: all that is over, but for the client that waits
end_shortage() {
    close_orders
    timeout "$limit" sed -u '/^over$/q' <&"$answers" >answered
    expect_equal "$1 answers" "$(grep -c hello answered) answers"
}

@test "out of descriptors it says so once, and not each time it tries" {
    needs_plain_programs
    start_server a.sock
    start_shortage 20
    end_shortage 20
    kill "$server"
    wait "$server"
    expect_equal '' "$(cat <&"$log")"
}

@test "out of descriptors it tries again whenever others wake it" {
    needs_plain_programs
    needs strace
    start_traced_server -e trace=accept4
    start_shortage 20
    end_shortage 20
    end_traced_server
    tries=$(grep -c EMFILE trace)
    ((tries >= 20)) || expect_equal 'at least 20 tries' "$tries"
}

@test "out of descriptors it tries again while others keep it busy, too" {
    start_server a.sock
    start peer stream connect a.sock send one receive wait
    expect_answer one
    before=$(descriptors_of "$server")
    (yes | client a.sock) >/dev/null 2>&1 3>&- {orders}>&- &
    wait_until has_descriptors $((before + 1)) "$server"
    prlimit --pid "$server" --nofile="$(lowest_unused_of "$server"):"
    client a.sock <<<hello >got 3>&- {orders}>&- &
    expect_log 'event_server: accept a client: Too many open files'
    close_orders # the first one leaves
    wait_until grep -q hello got
}

# lowest_unused_of PID: the descriptor that it would be given next
lowest_unused_of() {
    local number=0
    while [[ -e /proc/$1/fd/$number ]]; do ((number += 1)); done
    echo "$number"
}

@test "a client that it cannot accept costs no memory each time it tries" {
    needs_plain_programs
    start_server a.sock
    start_shortage 3000
    before=$(memory_of "$server")
    end_shortage 3000
    expect_grown_little "$before" "$server"
}

@test "what it owed a client costs no memory once it is paid" {
    needs_plain_programs
    start_server a.sock
    peer -p 8 stream connect a.sock fill shutdown drain
    before=$(memory_of "$server")
    peer -p 8 -r 10 stream connect a.sock fill shutdown drain
    expect_grown_little "$before" "$server" 256
}

@test "what it owes a client costs no memory once that has gone" {
    needs_plain_programs
    start_server a.sock
    descriptors=$(descriptors_of "$server")
    for round in 1 2 3 4; do
        # three times, as a server on a busy machine may pause for 0.1 s
        peer -p 40 stream connect a.sock fill fill fill
        wait_until has_descriptors "$descriptors" "$server"
        ((round > 1)) || before=$(memory_of "$server")
    done
    expect_grown_little "$before" "$server" 1024
}

@test "a client that has sent nothing yet is not taken for one that has gone" {
    needs strace
    start_traced_server -e trace=accept4,recvfrom
    start peer stream connect a.sock wait send hello receive
    wait_until grep -q 'recvfrom.*EAGAIN' trace
    close_orders
    expect_answer hello
    end_traced_server
}

@test "what would make it wait after all, it tries again later" {
    needs strace
    for call in accept4 recvfrom sendto; do
        start_traced_server -e trace="$call" -e signal=none \
            -e inject="$call:error=EAGAIN:when=1+2"
        run client a.sock <<<hello
        expect_run 0 hello
        grep -q INJECTED trace
        end_traced_server
        expect_equal '' "$(cat <&"$log")" # and nobody is told
    done
}

@test "a client that never reads cannot make it hold more than a buffer" {
    start_server a.sock
    client a.sock <<<hello
    before=$(memory_of "$server")
    mkfifo stay full
    exec {stay}<>stay {full}<>full
    for _ in {1..5}; do
        peer stream connect a.sock fill print full wait \
            <&"$stay" >&"$full" 3>&- &
        read -r -t "$limit" -u "$full" line || line='nothing came'
        expect_equal full "$line"
    done
    run client a.sock <<<hello
    expect_run 0 hello
    expect_grown_little "$before" "$server" 1024 # with 5 such clients
}

@test "a client that has sent much is read once, and then it is another's turn" {
    needs strace
    start_traced_server -e trace=recvfrom
    mkfifo much
    exec {much}<>much
    peer stream connect a.sock send one upload <much 3>&- &
    wait_until grep -q one trace
    start peer stream connect a.sock send two receive wait \
        send three print sent receive
    expect_answer two
    wait_until is_asleep "$server" # in epoll_wait(2), and nobody is ready
    stop_traced_server
    head -c 150000 /dev/zero >&"$much" # 65536 of them may still be there
    close_orders
    expect_answer sent
    kill -CONT "$server"
    expect_answer three
    end_traced_server
    descriptor='s/recvfrom\(([0-9]+), .*/\1/p'
    expect_equal "$(sed -nE "/one|two/$descriptor" trace)" \
        "$(sed -nE "1,/two/d; $descriptor" trace | head -n 2)"
}

@test "those who call do not hold up those who have been accepted" {
    needs strace
    start_traced_server -e trace=accept4,recvfrom
    start peer stream connect a.sock send one receive wait \
        send two print sent receive
    expect_answer one
    wait_until is_asleep "$server"
    stop_traced_server
    peer -r 5 stream connect a.sock
    close_orders
    expect_answer sent
    kill -CONT "$server"
    expect_answer two
    end_traced_server
    expect_like 'recvfrom(*, "two", *' \
        "$(sed '1,/^--- SIGCONT/d' trace | head -n 1)"
}

@test "it idles again when it has sent what a client had no room for" {
    needs strace # it feigns that the first send took one byte
    start_traced_server -f --seccomp-bpf -e trace=sendto \
        -e inject=sendto:retval=1:when=1 # other calls keep their speed
    start peer stream connect a.sock send hello receive wait
    expect_answer ello
    expect_idle 0.3 "$server"
    end_traced_server
}

@test "it idles while a client that has half-closed does not read" {
    start_server a.sock
    start peer stream connect a.sock fill shutdown print full wait
    expect_answer full
    expect_idle 0.3 "$server"
}

@test "it calls accept(2) for who comes, and not for what they send" {
    needs strace
    start_traced_server -e trace=accept4
    run peer stream connect a.sock send a receive send b receive send c receive
    expect_run 0 $'a\nb\nc'
    expect_equal 1 "$(wc -l <trace)"
    end_traced_server
}

@test "a client that it has no memory to watch is dropped, the next is served" {
    needs strace
    start_traced_server -e trace=epoll_ctl \
        -e inject=epoll_ctl:error=ENOMEM:when=2 # after the listener's
    run peer stream connect a.sock end
    expect_run 0 ''
    expect_log 'event_server: accept a client: Cannot allocate memory'
    run client a.sock <<<hello
    expect_run 0 hello
    end_traced_server
}

@test "a client that it has no memory to watch does not hold up another" {
    needs strace
    start_traced_server -e trace=epoll_ctl \
        -e inject=epoll_ctl:error=ENOMEM:when=3 # after another client's
    start peer stream connect a.sock send one receive wait \
        send two receive send three receive
    expect_answer one
    run peer stream connect a.sock end
    expect_run 0 ''
    expect_log 'event_server: accept a client: Cannot allocate memory'
    close_orders # now it looks for callers each time, and there are none
    expect_answer two
    expect_answer three
    end_traced_server
}

@test "a client that takes no answer to its first bytes is left alone" {
    start_server a.sock
    before=$(descriptors_of "$server")
    stop_server # so that they are there when it accepts
    start peer stream connect a.sock deaf send hello print sent wait
    expect_answer sent
    kill -CONT "$server"
    run client a.sock <<<hello
    expect_run 0 hello
    # in less time than the client has, which ends by itself then
    limit=5 wait_until has_descriptors "$before" "$server"
}

@test "a client that has gone is sent one answer, and no second one" {
    needs strace
    start_traced_server -e trace=sendto
    start peer stream connect a.sock deaf send hello print sent wait
    expect_answer sent
    wait_until grep -q EPIPE trace
    run client a.sock <<<hello
    expect_run 0 hello
    end_traced_server
    expect_equal 'EPIPE 1' "EPIPE $(grep -c EPIPE trace)"
}

@test "what it owes a client for the second time is paid, too" {
    needs strace # it feigns that each first send took one byte, which is lost
    start_traced_server -e trace=sendto -e inject=sendto:retval=1:when=1+2
    run peer stream connect a.sock send hello receive send again receive
    expect_run 0 $'ello\ngain'
    end_traced_server
}

@test "a client that has gone while it is owed something is sent no more" {
    needs strace
    start_traced_server -e trace=sendto
    before=$(descriptors_of "$server")
    peer stream connect a.sock fill
    wait_until grep -q EPIPE trace
    wait_until has_descriptors "$before" "$server"
    end_traced_server
    expect_equal 'EPIPE 1' "EPIPE $(grep -c EPIPE trace)"
}

@test "without the memory to pause it says so with status 1" {
    needs strace
    start_traced_server -e trace=accept4,epoll_ctl \
        -e inject=accept4:error=ENOMEM:when=1 \
        -e inject=epoll_ctl:error=ENOMEM:when=2
    run peer stream connect a.sock end
    expect_log 'event_server: accept a client: Cannot allocate memory'
    expect_log 'event_server: epoll_ctl: Cannot allocate memory'
    status=0
    wait "$tracer" || status=$? # strace(1) ends as the server does
    expect_equal 1 "$status"
}

@test "without memory for what it owes a client, it drops that one and says so" {
    needs_plain_programs
    start_server a.sock
    prlimit --pid "$server" --as=1
    peer -p 40 stream connect a.sock upload </dev/zero 2>/dev/null 3>&- &
    expect_log 'event_server: malloc for a client: Cannot allocate memory'
    run client a.sock <<<hello
    expect_run 0 hello
}
