#!/usr/bin/env bats
#
# Lesson 05: a pair of sockets between two processes, and a command on one.

load helpers

coprocess() { program coprocess "$@"; }

@test "the chapter's transcripts happen as printed" {
    play_chapter
}

@test "pair prints the two lines of the notes, each once" {
    run program pair
    expect_run 0 "\
C2P-->In Xanadu, did Kublai Khan...
P2C-->A stately pleasure dome decree..."
}

@test "pair that cannot write says so with status 1" {
    run bash -c '"$1" >/dev/full' - "$bin/pair"
    expect_equal 1 "$status"
    expect_like '*pair: write standard output: No space left on device*' \
        "$output"
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
        expect_like "usage: $program*" "$output"
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
    run env --ignore-signal=CHLD timeout "$limit" "$bin/coprocess" sh -c 'exit 3'
    expect_run 3 ''
    run env --ignore-signal=CHLD timeout "$limit" "$bin/pair"
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

@test "options after the command are the command's" {
    run coprocess echo -h </dev/null
    expect_run 0 -h
}

@test "a coprocess that cannot write says so with status 1" {
    run bash -c 'echo hello | "$1" cat >/dev/full' - "$bin/coprocess"
    expect_run 1 'coprocess: write standard output: No space left on device'
}

@test "without standard streams, none becomes a socket" {
    run timeout "$limit" bash -c '"$@" >&-' - "$bin/pair"
    expect_like '1 *pair: write standard output: Bad file descriptor*' \
        "$status $output"
    run timeout "$limit" bash -c '"$@" <&-' - "$bin/coprocess" echo hello
    expect_run 0 hello
    run timeout "$limit" bash -c '"$@" </dev/null >&-' - \
        "$bin/coprocess" echo hello
    expect_run 1 'coprocess: write standard output: Bad file descriptor'
}
