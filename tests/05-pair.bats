#!/usr/bin/env bats
#
# Lesson 05: a pair of sockets between two processes, and a word each way.
# on: 05-socketpair/pair

load helpers/helpers

poem='C2P-->In Xanadu, did Kublai Khan...
P2C-->A stately pleasure dome decree...'

# has_child PID
has_child() { ! has_no_children "$1"; }

@test "pair prints the two lines of the notes in their order, each once" {
    run program pair
    expect_run 0 "$poem"
    run program pair --
    expect_run 0 "$poem"
}

@test "pair that cannot write says so with status 1" {
    status=0
    timeout "$limit" "$bin/pair" >/dev/full 2>said 3>&- || status=$?
    expect_like '1 *pair: write standard output: No space left on device*' \
        "$status $(<said)"
}

@test "pair that cannot write leaves no child behind that waits for it" {
    mkfifo said
    "$bin/pair" >/dev/full 2>said 3>&- &
    run timeout "$limit" cat said # until neither has it any more
    expect_like '0 *No space left on device*' "$status $output"
}

@test "pair that can write a part of a line only says so with status 1" {
    for room in 10 50; do # bytes; 36 are the parent's line
        status=0
        said=$(env --ignore-signal=XFSZ prlimit --fsize="$room" \
            timeout "$limit" "$bin/pair" 2>&1 >got) || status=$?
        expect_like '1 *pair: write standard output: File too large*' \
            "$status $said"
    done
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

@test "pair whose child is stopped waits until it has ended" {
    mkfifo out
    exec {out}<>out
    head -c 65536 /dev/zero >&"$out" # now the parent cannot print yet
    "$bin/pair" >out 3>&- &
    pair=$!
    wait_until has_child "$pair"
    child=$(children_of "$pair")
    wait_until is_asleep "$child" # it has spoken, and waits for the answer
    kill -STOP "$child"
    wait_until is_stopped "$child"
    head -c 65536 <&"$out" >zeros
    read -r -t "$limit" -u "$out" line
    expect_equal "${poem%$'\n'*}" "$line"
    wait_until is_asleep "$pair"
    kill -CONT "$child"
    read -r -t "$limit" -u "$out" line
    expect_equal "${poem#*$'\n'}" "$line"
    wait "$pair"
}

@test "pair's child does not wait for a parent that died" {
    needs strace # which ends by SIGKILL who prints: first, the parent
    run timeout "$limit" strace -f -qqo trace -e trace=write \
        -e inject=write:signal=KILL "$bin/pair"
    expect_equal 2 "$(grep -c 'write(1, ' trace)" # the child printed, too
}

@test "a text of 127 bytes fits pair, and one of 128 is refused" {
    needs strace # it feigns that the parent's first recv(2) took 98 or 99
    local feigned=inject=recvfrom:when=1:retval=
    expect_equal 29 "$(printf %s "In Xanadu, did Kublai Khan..." | wc -c)"
    run timeout "$limit" strace -qqo trace -e "${feigned}98" "$bin/pair"
    expect_like $'0 C2P-->*\nP2C-->*' "$status $output"
    run timeout "$limit" strace -qqo trace -e "${feigned}99" "$bin/pair"
    expect_like '1 *pair: recv from the peer: longer than 127 bytes*' \
        "$status $output"
}

@test "what comes later, pair puts behind what came before" {
    needs strace # it feigns that the parent's first recv(2) took "Once:"
    run timeout "$limit" strace -qqo trace -e trace=recvfrom \
        -e inject=recvfrom:when=1:retval=5:poke_exit=@arg2=4f6e63653a \
        "$bin/pair"
    expect_run 0 "${poem/-->/-->Once:}"
}

@test "calls of pair that a signal interrupts are made again" {
    needs strace
    run timeout "$limit" strace -f -qqo trace -e signal=none \
        -e inject=recvfrom,sendto,wait4:error=EINTR:when=1+2 "$bin/pair"
    expect_run 0 "$poem"
    for call in recvfrom sendto wait4; do
        grep "$call.*INJECTED" trace ||
            expect_equal "$call" 'not interrupted'
    done
}

@test "pair waits as long as it takes: it sets no limit" {
    needs strace
    timeout "$limit" strace -f -qqo trace -e signal=none \
        -e trace='setsockopt,?alarm,?setitimer,?poll,?ppoll' "$bin/pair"
    expect_equal '' "$(<trace)"
}

@test "pair waits for its child by one call, and does not ask again and again" {
    needs strace
    timeout "$limit" strace -qqo trace -e signal=none \
        -e trace='?wait4,?waitid' "$bin/pair"
    expect_equal 1 "$(wc -l <trace)"
}

@test "pair that cannot receive says so with status 1" {
    needs strace
    run timeout "$limit" strace -qqo trace \
        -e inject=recvfrom:error=ECONNRESET "$bin/pair"
    expect_like '1 *pair: recv from the peer: Connection reset by peer*' \
        "$status $output"
}

@test "a program that pair started would inherit none of its descriptors" {
    needs strace
    run timeout "$limit" strace -qqo trace -e trace=socketpair "$bin/pair"
    expect_line CLOEXEC trace
}
