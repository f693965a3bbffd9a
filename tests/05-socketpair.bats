#!/usr/bin/env bats
#
# Lesson 05: a command on one end of a pair of sockets, and what both programs
# have in common.
# on: 05-socketpair/pair
# also: 05-socketpair/coprocess

load helpers/helpers
load helpers/resources
load helpers/usage

@test "wrong usage gives status 2 and the usage line" {
    for words in '' -x; do
        # shellcheck disable=SC2086 # words
        expect_wrong_usage 'usage: coprocess COMMAND [ARG...]' coprocess $words
    done
    expect_wrong_usage 'usage: pair' pair a
    expect_wrong_usage 'usage: pair' pair a -h
    expect_wrong_usage 'usage: pair' pair -x
}

@test "-h prints the usage on standard output and gives status 0" {
    expect_help pair 'usage: pair'
    expect_help coprocess 'usage: coprocess COMMAND [ARG...]'
}

@test "sort, which answers at the end of its input, is a coprocess" {
    run coprocess sort <<<$'pear\napple'
    expect_run 0 $'apple\npear'
}

@test "a single byte passes through cat" {
    printf x | coprocess cat >got
    printf x | cmp - got
}

@test "16 MiB pass through cat and come back equal" {
    head -c 16M /dev/urandom >a
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
    # it ends while coprocess waits for room, and could do nothing else
    # shellcheck disable=SC2016 # the command's
    run coprocess bash -c \
        'until [[ $(</proc/$PPID/stat) == *") S "* ]]; do :; done' <a
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
    run coprocess ./a </dev/null
    expect_run 126 'coprocess: exec ./a: Permission denied'
    ln -s loop loop
    run coprocess ./loop </dev/null
    expect_run 126 'coprocess: exec ./loop: Too many levels of symbolic links'
}

@test "a command that a signal ends gives 128 and the signal's number" {
    for signal in TERM KILL SEGV; do
        run coprocess sh -c "kill -$signal \$\$" </dev/null
        expect_equal "SIG$signal" "SIG$(kill -l "$status")"
        expect_equal "$((128 + $(kill -l "$signal")))" "$status"
    done
    ulimit -c "$(ulimit -H -c)" # or its core file would not be made
    run coprocess sh -c 'kill -SEGV $$' </dev/null
    expect_equal 139 "$status"
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

@test "the status comes back although the child ends long before it is asked for" {
    needs strace # which keeps the parent in a call
    run timeout "$limit" strace -qqo trace -e signal=none \
        -e inject='/^(clone|fork)':delay_exit=300000 \
        env --ignore-signal=CHLD "$bin/coprocess" sh -c 'exit 3' </dev/null
    expect_run 3 ''
    grep DELAYED trace
    run timeout "$limit" strace -qqo trace -e signal=none \
        -e inject=shutdown:delay_exit=300000 \
        env --ignore-signal=CHLD "$bin/pair"
    expect_equal 0 "$status"
    grep DELAYED trace
}

@test "a command that does not exist gives 127, also if nobody can be told" {
    run bash -c '"$1" ./nowhere 2>/dev/full' - "$bin/coprocess"
    expect_run 127 ''
}

@test "the command is in our process group, which Ctrl-C ends, and session" {
    run "$bin/coprocess" cut -d ' ' -f 5,6 /proc/self/stat </dev/null
    expect_run 0 "$(cut -d ' ' -f 5,6 /proc/self/stat)"
}

@test "a command that is stopped has not ended" {
    # shellcheck disable=SC2016 # the inner shell's
    "$bin/coprocess" bash -c 'echo $$ >pid
        exec <&- >&-
        kill -STOP $$
        exit 3' </dev/null 3>&- &
    wait_until test -s pid
    wait_until is_stopped "$(<pid)"
    kill -CONT "$(<pid)"
    status=0
    wait $! || status=$?
    expect_equal 3 "$status"
}

@test "the command has our environment, folder and mode mask" {
    umask 027
    # shellcheck disable=SC2016 # the inner shell's
    SAID=hello run coprocess sh -c 'echo "$SAID" "$PWD" $(umask)' </dev/null
    expect_run 0 "hello $PWD 0027"
}

@test "the command's standard error is ours" {
    run --separate-stderr coprocess sh -c 'echo oops >&2' </dev/null
    expect_equal 'status 0: , oops' "status $status: $output, $stderr"
}

@test "coprocess leaves its standard input as it got it" {
    exec {input}< <(echo hello)
    before=$(flags_of "$input")
    run coprocess cat <&"$input"
    expect_run 0 hello
    expect_equal "$before" "$(flags_of "$input")"
}

@test "a coprocess that cannot read its input says so with status 1" {
    run coprocess cat </
    expect_run 1 'coprocess: read standard input: Is a directory'
}

@test "calls that a signal interrupts are made again" {
    needs strace
    run timeout "$limit" strace -qqo trace \
        -e inject=poll,recvfrom,sendto,write,wait4:error=EINTR:when=1+2 \
        "$bin/coprocess" cat <<<hello
    expect_run 0 hello
    for call in poll recvfrom sendto write wait4; do
        grep "$call.*INJECTED" trace ||
            expect_equal "$call" 'not interrupted'
    done
    echo hello >a
    run timeout "$limit" strace -qqo trace -P "$PWD/a" \
        -e inject=read:error=EINTR:when=1+2 "$bin/coprocess" cat <a
    expect_run 0 hello
    grep 'read.*INJECTED' trace
}

@test "what two short sends or writes leave over goes next" {
    needs strace # it feigns that each took one byte, which is lost
    for call in sendto write; do
        timeout "$limit" strace -qqo trace -e trace="$call" \
            -e inject="$call:retval=1:when=1..2" "$bin/coprocess" cat \
            <<<hello >got
        echo llo | cmp - got
    done
    run timeout "$limit" strace -f -qqo trace -e signal=none \
        -e trace=sendto -e inject=sendto:retval=1:when=1..2 "$bin/pair"
    expect_run 0 $'C2P--> Xanadu, did Kublai Khan...
P2C-->stately pleasure dome decree...'
}

@test "coprocess waits in poll(2) only, for both of its directions at once" {
    needs strace
    timeout "$limit" strace -qqo trace -e signal=none \
        -e trace='sendto,recvfrom,?poll,?ppoll' "$bin/coprocess" cat <<<hello
    expect_waits_in_poll trace
}

@test "the command inherits nothing, also above a limit that came later" {
    # shellcheck disable=SC2016 # for bash
    run timeout "$limit" bash -c 'exec 200<"$1"; ulimit -n 100; exec "${@:2}"' \
        - "$bin/coprocess" "$bin/coprocess" \
        readlink /proc/self/fd/200 </dev/null
    expect_run 1 ''
}

@test "options after the command are the command's" {
    run coprocess echo -h </dev/null
    expect_run 0 -h
}

@test "what follows -- is the command, though it begins with a dash" {
    run coprocess -- echo hello </dev/null
    expect_run 0 hello
    # in a folder that may not be searched, execvp(3) would say EACCES
    PATH=/usr/bin:/bin run -127 coprocess -- -x </dev/null
    expect_run 127 'coprocess: exec -x: No such file or directory'
}

@test "the command has the signals as we got them" {
    local set=(env --block-signal=USR1 --ignore-signal=USR2)
    local command=(grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status)
    run "${set[@]}" timeout "$limit" "${command[@]}"
    expected=$output
    run "${set[@]}" timeout "$limit" "$bin/coprocess" "${command[@]}" </dev/null
    expect_run 0 "$expected"
}

@test "a child that it has inherited is not taken for the command" {
    mkfifo go ended # bash's child is the coprocess's, which bash becomes
    # shellcheck disable=SC2016 # for bash
    run timeout "$limit" bash -c \
        '(exec 9<>ended; read -r _ <go; exit 1) & exec "$@"' - \
        "$bin/coprocess" sh -c 'exec <ended; echo >go; cat; exit 3' </dev/null
    expect_run 3 ''
}

@test "a pipe that was closed without a byte is the end of the input" {
    mkfifo input
    exec {input}<>input
    exec {reader}<input
    exec {input}>&- # poll(2) says POLLHUP now, and not POLLIN
    run coprocess sort <&"$reader"
    expect_run 0 ''
}

@test "a coprocess that waits for its command does not spin" {
    start "$bin/coprocess" cat
    echo hello >&"$orders"
    expect_answer hello
    expect_idle 0.3 "$started"
}

@test "nor does it at the end of its input, while the command goes on" {
    mkfifo never
    start "$bin/coprocess" sh -c 'cat; echo end; exec cat never'
    close_orders
    expect_answer end
    expect_idle 0.3 "$started"
}

@test "nor does it while the command does not read what it has" {
    head -c 4M /dev/zero >a
    mkfifo never
    exec {never}<>never
    "$bin/coprocess" sh -c 'echo here >&2; read -r _ <never; cat | wc -c' \
        <a >got 2>said 3>&- &
    wait_until grep -q here said
    wait_until is_asleep $!
    expect_idle 0.3 $!
    echo >&"$never"
    wait $!
    expect_equal $((4 << 20)) "$(<got)"
}

@test "what passes leaves no memory behind" {
    head -c 16M /dev/zero >a
    mkfifo input
    exec {input}<>input
    "$bin/coprocess" cat <input >got 3>&- {input}>&- &
    cat a >&"$input"
    wait_until has_size $((16 << 20)) got
    before=$(memory_of $!)
    cat a >&"$input"
    wait_until has_size $((32 << 20)) got
    expect_grown_little "$before" $!
}

@test "a wake-up for nothing, EAGAIN, ends neither direction" {
    needs strace
    echo hello >a
    run timeout "$limit" strace -qqo trace \
        -e inject=recvfrom,sendto:error=EAGAIN:when=1+2 \
        "$bin/coprocess" cat <a
    expect_run 0 hello
    run timeout "$limit" strace -qqo trace -P "$PWD/a" \
        -e inject=read:error=EAGAIN:when=1+2 "$bin/coprocess" cat <a
    expect_run 0 hello
    grep 'read.*INJECTED' trace
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

@test "without one standard stream, whichever, none becomes a socket" {
    needs strace
    expect_streams_kept "$bin/pair"
    expect_streams_kept "$bin/coprocess" true
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
        expect_help_error "$program"
    done
}
