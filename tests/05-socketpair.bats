#!/usr/bin/env bats
#
# Lesson 05: a pair of sockets between two processes, and a command on one.
# on: 05-socketpair/pair
# also: 05-socketpair/coprocess

load helpers/helpers

coprocess() { program coprocess "$@"; }

@test "pair prints the two lines of the notes, each once" {
    run program pair
    expect_run 0 "\
C2P-->In Xanadu, did Kublai Khan...
P2C-->A stately pleasure dome decree..."
}

@test "pair that cannot write says so with status 1" {
    status=0
    timeout "$limit" "$bin/pair" >/dev/full 2>said 3>&- || status=$?
    expect_like '1 *pair: write standard output: No space left on device*' \
        "$status $(<said)"
}

@test "pair whose child cannot write says so by its status" {
    status=0 # 36 bytes are the parent's line
    prlimit --fsize=36 --core=0 timeout "$limit" "$bin/pair" >got || status=$?
    expect_equal '1 C2P-->In Xanadu, did Kublai Khan...' "$status $(<got)"
}

@test "pair does not wait for a child that died in the middle of its speech" {
    needs strace # which ends by SIGKILL who half-closes: first, the child
    run timeout "$limit" strace -f -qqo trace -e signal=none \
        -e trace=shutdown -e inject=shutdown:signal=KILL "$bin/pair"
    expect_run 1 $'C2P-->In Xanadu, did Kublai Khan...
pair: send to the peer: Broken pipe'
}

@test "pair's child does not wait for a parent that died" {
    needs strace # which ends by SIGKILL who prints: first, the parent
    run timeout "$limit" strace -f -qqo trace -e trace=write \
        -e inject=write:signal=KILL "$bin/pair"
    expect_equal 2 "$(grep -c 'killed by SIGKILL' trace)" # the child printed
}

@test "wrong usage gives status 2 and the usage line" {
    for words in 'pair a' 'pair -x' coprocess 'coprocess -x'; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr program $words
        expect_run 2 ''
        expect_like "*usage: ${words%% *}*" "$stderr"
    done
}

@test "-h prints the usage on standard output and gives status 0" {
    for program in pair coprocess; do
        run --separate-stderr program "$program" -h
        expect_equal "status 0, nothing on stderr" \
            "status $status, ${stderr:-nothing} on stderr"
        expect_like "usage: $program"$'*([!\n])' "$output" # and no more
    done
}

@test "sort, which answers at the end of its input, is a coprocess" {
    run coprocess sort <<<$'pear\napple'
    expect_run 0 $'apple\npear'
}

@test "64 MiB pass through cat and come back equal" {
    head -c 64M /dev/urandom >a
    coprocess cat <a >b
    cmp a b
}

@test "a command that reads nothing ends in peace, with its output whole" {
    head -c 64M /dev/zero >a
    run coprocess seq 20000 <a
    expect_equal 0 "$status"
    expect_equal "$(seq 20000)" "$output"
    run coprocess true <a
    expect_run 0 ''
}

@test "a command may end before its input does" {
    mkfifo silence
    exec {silence}<>silence
    echo hello >&"$silence"
    run coprocess head -n 1 <silence
    expect_run 0 hello
}

@test "the status is the command's own" {
    for code in 0 1 42 255; do
        run coprocess sh -c "exit $code" </dev/null
        expect_run "$code" ''
    done
}

@test "a command that does not exist gives 127 and a line" {
    run -127 coprocess ./nowhere </dev/null
    expect_run 127 'coprocess: exec ./nowhere: No such file or directory'
}

@test "a command that cannot be executed gives 126 and a line" {
    echo data >a
    run -126 coprocess ./a </dev/null
    expect_run 126 'coprocess: exec ./a: Permission denied'
}

@test "a command that a signal ends gives 128 and the signal's number" {
    for signal in TERM KILL SEGV; do
        run coprocess sh -c "kill -$signal \$\$" </dev/null
        expect_equal "SIG$signal" "SIG$(kill -l "$status")"
        expect_equal "$((128 + $(kill -l "$signal")))" "$status"
    done
}

@test "the command has one socket as 0 and 1, and nothing beyond 2" {
    exec {extra}<"$BATS_TEST_FILENAME"
    run coprocess readlink /proc/self/fd/{0,1,2,3,4,5,6,7,8,9,10,11} </dev/null
    expect_like $'socket:*\nsocket:*\n*' "$output"
    expect_equal "3 descriptors, 0 is ${lines[0]}" \
        "${#lines[@]} descriptors, 0 is ${lines[1]}"
}

@test "the status comes back although SIGCHLD was ignored at the start" {
    # (timeout(1) itself gives the signal back to what it starts)
    run timeout "$limit" env --ignore-signal=CHLD "$bin/coprocess" sh -c 'exit 3'
    expect_run 3 ''
    run timeout "$limit" env --ignore-signal=CHLD "$bin/pair"
    expect_equal 0 "$status"
}

@test "the command's standard error is ours" {
    run --separate-stderr coprocess sh -c 'echo oops >&2' </dev/null
    expect_equal 'status 0: , oops' "status $status: $output, $stderr"
}

@test "a coprocess that cannot read its input says so with status 1" {
    run coprocess cat </
    expect_run 1 'coprocess: read standard input: Is a directory'
}

@test "calls that a signal interrupts are made again" {
    needs strace
    local again=error=EINTR:when=1+2
    run timeout "$limit" strace -qqo trace \
        -e inject="poll,recvfrom,sendto,write,wait4:$again" \
        "$bin/coprocess" cat <<<hello
    expect_run 0 hello
    run timeout "$limit" strace -f -qqo trace.pair \
        -e inject="recvfrom,sendto,wait4:$again" "$bin/pair"
    expect_equal 0 "$status"
    grep -q 'wait4.*INJECTED' trace
    grep -q 'wait4.*INJECTED' trace.pair
}

@test "what two short sends or writes leave over goes next" {
    needs strace # it feigns that each took one byte, which is lost
    for call in sendto write; do
        run timeout "$limit" strace -qqo trace -e trace="$call" \
            -e inject="$call:retval=1:when=1..2" "$bin/coprocess" cat <<<hello
        expect_run 0 llo
    done
    run timeout "$limit" strace -f -qqo trace -e signal=none \
        -e trace=sendto -e inject=sendto:retval=1:when=1..2 "$bin/pair"
    expect_run 0 $'C2P--> Xanadu, did Kublai Khan...
P2C-->stately pleasure dome decree...'
}

@test "coprocess waits in poll(2) only, for both of its directions at once" {
    needs strace
    timeout "$limit" strace -qqo trace -e signal=none \
        -e trace=sendto,recvfrom "$bin/coprocess" cat <<<hello
    grep -q sendto trace
    grep -q recvfrom trace
    run ! grep -v MSG_DONTWAIT trace
}

@test "a program that pair started would inherit none of its descriptors" {
    needs strace
    run timeout "$limit" strace -qqo trace -e trace=socketpair "$bin/pair"
    grep -q CLOEXEC trace
}

@test "options after the command are the command's" {
    run coprocess echo -h </dev/null
    expect_run 0 -h
}

@test "a coprocess that cannot write says so with status 1" {
    run bash -c 'echo hello | "$1" cat >/dev/full' - "$bin/coprocess"
    expect_run 1 'coprocess: write standard output: No space left on device'
}

# first_descriptors COMMAND...: those that its first socketpair(2) makes
first_descriptors() {
    strace -qqo trace -e trace=socketpair "$@" <&- >&- 2>&- 3>&- 4>&- || true
    sed -n 's/.*\(\[[^]]*\]\).*/\1/p; 1q' trace
}

@test "started without any standard stream, none becomes a socket" {
    needs strace
    expect_equal '[3, 4]' "$(first_descriptors "$bin/pair")"
    expect_equal '[3, 4]' "$(first_descriptors "$bin/coprocess" true)"
}

@test "without one standard stream, it says so or does without" {
    run timeout "$limit" bash -c '"$@" >&-' - "$bin/pair"
    expect_like '1 *pair: write standard output: Bad file descriptor*' \
        "$status $output"
    run timeout "$limit" bash -c '"$@" <&-' - "$bin/coprocess" echo hello
    expect_run 0 hello
    run timeout "$limit" bash -c '"$@" </dev/null >&-' - \
        "$bin/coprocess" echo hello
    expect_run 1 'coprocess: write standard output: Bad file descriptor'
}

@test "-h that cannot be printed gives status 1" {
    for program in pair coprocess; do
        run bash -c '"$1" -h >/dev/full' - "$bin/$program"
        expect_run 1 "$program: write standard output: No space left on device"
    done
}

@test "a command that cannot get its end as 0 and 1 gives 126 and a line" {
    needs strace
    for number in 1 2; do # the first, the second descriptor
        run -126 timeout "$limit" strace -f -qqo trace -e signal=none \
            -e trace=dup2 -e inject="dup2:error=EBUSY:when=$number" \
            "$bin/coprocess" true </dev/null
        expect_run 126 'coprocess: dup2: Device or resource busy'
    done
}

@test "without close_range(2), too, the command has one socket, as 0 and 1" {
    needs strace # before Linux 5.9 the call does not exist
    run timeout "$limit" strace -f -qqo trace -e signal=none \
        -e trace=close_range -e inject=close_range:error=ENOSYS \
        "$bin/coprocess" bash -c 'readlink /proc/$$/fd/*' </dev/null
    expect_equal 2 "$(grep -c ^socket: <<<"$output")"
}

@test "a command that half-closes has the end of its input, and may stay" {
    needs python3
    mkfifo silence
    exec {silence}<>silence
    run coprocess python3 -c 'if True:
        import socket
        peer = socket.socket(fileno=0)
        peer.shutdown(socket.SHUT_WR)
        exit(42 if peer.recv(1) == b"" else 1)' <silence
    expect_run 42 ''
}

@test "a command that leaves its input unread ends in peace, too" {
    run coprocess bash -c 'until read -t 0; do sleep 0.01; done' <<<hello
    expect_run 0 ''
}

@test "a command that answers more than it is asked does not deadlock" {
    yes | head -c 4M >a
    coprocess sed 'p;p;p' <a | cmp - <(yes | head -c 16M)
}

@test "at the end of its input coprocess half-closes once, and waits" {
    needs strace
    run timeout "$limit" strace -qqo trace -e signal=none -e trace=shutdown \
        "$bin/coprocess" sh -c 'cat; sleep 0.1' <<<hello
    expect_run 0 hello
    expect_equal 1 "$(wc -l <trace)"
}

@test "a command that reads no more is sent no more, and may still speak" {
    needs strace
    needs python3
    start timeout "$limit" strace -qqo trace -e signal=none -e trace=sendto \
        "$bin/coprocess" python3 -c 'if True:
        import socket, time
        peer = socket.socket(fileno=0)
        peer.shutdown(socket.SHUT_RD)
        peer.send(b"deaf\n")
        while "EPIPE" not in open("trace").read():
            time.sleep(0.05)
        time.sleep(0.05)
        peer.send(b"bye\n")'
    expect_answer deaf
    echo hello >&"$orders"
    wait_until grep -q EPIPE trace
    echo again >&"$orders"
    expect_answer bye
    wait "$started"
    expect_equal 1 "$(grep -c EPIPE trace)"
}

@test "pair refuses a text that is longer than it has room for" {
    needs strace # which feigns it
    run timeout "$limit" strace -qqo trace -e signal=none -e trace=recvfrom \
        -e inject=recvfrom:retval=128:when=1 "$bin/pair"
    expect_like '1 *pair: recv from the peer: longer than 127 bytes*' \
        "$status $output"
}
