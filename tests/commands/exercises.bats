#!/usr/bin/env bats
#
# What the commands for exercises do, and what confine does to a student's
# program. It is no lesson's promise, so this file is run once.
# on: 01-stream/first

load ../helpers/helpers

# exercise COMMAND...: in a copy of what it needs, which is the folder copy
exercise() {
    [[ -d copy ]] || {
        mkdir -p copy/tests
        (cd "$tests/.." && cp -r --parents 01-stream tests/exercise \
            tests/exercises tests/starters/01-stream tests/helpers tests/tools \
            "$OLDPWD/copy")
    }
    run copy/tests/exercise "$@"
}

@test "what does not compile is shown as the compiler says it" {
    echo 'int main(void) { return zero; }' >answer.c
    ANSWER=answer.c exercise grade 01-1
    expect_like '1 01-1: *error: *zero*It does not compile yet: *answer.c' \
        "$status $output"
}

@test "a program that crashes is named with its signal" {
    printf '#include <stdlib.h>\nint main(void) { abort(); }\n' >answer.c
    ANSWER=answer.c exercise grade 01-1
    expect_like '*not yet *expected: status 0*actual: *by SIGABRT*0 of 5*' \
        "$output"
}

@test "the limit that bats has for the tests here is none for a grader" {
    echo 'int main(void) { return 0; }' >answer.c
    exercise ids
    # shellcheck disable=SC2016 # for the grader
    printf '@test "it has none" {\n    [[ -z ${BATS_TEST_TIMEOUT:-} ]]\n}\n' \
        >copy/tests/exercises/01-stream/1-short-writes.bats
    ANSWER=answer.c BATS_TEST_TIMEOUT=60 exercise grade 01-1
    expect_like '0 *ok * it has none*1 of 1 checks.' "$status $output"
}

@test "make exercises says which are begun, and how far they are" {
    exercise list
    expect_like '01-1 *not begun*0 of 5 done; next: make exercise-01-1' \
        "$output"
    echo >>copy/01-stream/exercises/1-short-writes.c
    exercise list
    expect_like '01-1 *1 of 5 checks*0 of 5 done*' "$output"
    rm copy/01-stream/exercises/1-short-writes.c
    exercise list
    expect_like '01-1 *gone: make reset-01-1 *0 of 5 done*' "$output"
}

@test "the starter comes back, and what the student wrote stays beside it" {
    exercise reset 01-1
    expect_like '0 *is as it was at the start.' "$status $output"
    cd copy/01-stream/exercises
    echo mine >1-short-writes.c
    ../../tests/exercise reset 01-1
    expect_equal mine "$(<1-short-writes.c.1)"
    diff "$tests/starters/01-stream/1-short-writes.c" 1-short-writes.c
}

@test "each hint is another one, and then they begin again" {
    for number in 1 2 3; do
        exercise hint 01-1
        expect_like "Hint $number of 3 *" "$output"
    done
    exercise hint 01-1
    expect_like 'That was the last one. From the first again:*Hint 1 of 3 *' \
        "$output"
}

@test "an exercise that is not there is an error" {
    exercise grade 01-99
    expect_run 2 'exercise: there is no exercise 01-99: make exercises'
}

@test "confine ends what hangs, and what that has left to others" {
    # shellcheck disable=SC2016 # for that shell
    run "$tests/tools/confine" 1 sh -c 'setsid sh -c "echo \$\$ >left
        exec sleep 1000" & sleep 1000'
    expect_run 124 'confine: not over after 1 second'
    run ! is_running "$(<left)"
}

@test "confine ends who fills the folder" {
    # shellcheck disable=SC2016
    run "$tests/tools/confine" 10 bash -c 'for ((i = 0; ; i++)); do
        head -c 20M /dev/zero >"$1$i"; done' - "$PWD/file"
    expect_run 125 'confine: more than 256 MiB of files'
}
