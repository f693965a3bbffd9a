#!/usr/bin/env bats
#
# What `make hunt` does. It is no lesson's promise, so this file is run once,
# on a copy of what it needs: one program, its tests, its planted mistakes.
# on: 01-stream/first

load ../helpers/helpers

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    bats_timer=$! # which teardown leaves alone
    mkdir -p "a copy/tests/shared"
    (cd "$tests/.." && grep -l '^Caught by 04-addresses' \
        tests/mistakes/04-abstract/*.patch | xargs cp -r --parents -t \
        "$OLDPWD/a copy" Makefile 04-abstract/addresses.c \
        tests/04-addresses.bats tests/{hunt,run,helpers,tools})
    cd "a copy" || return
    printf '%s\n' '# on: 04-abstract/addresses' '@test "this is no test" {' \
        'true' '}' >tests/shared/none.bats
    total=$(find tests/mistakes -name '*.patch' | wc -l)
    original=$PWD/04-abstract/addresses.c
    planted=$PWD/build/hunt/04-abstract/addresses.c
    export CFLAGS=-O0
    unset N PROGRAMS MAKEFLAGS
}

# begin N: a hunt in lesson 04
begin() {
    N=$1 run tests/hunt play 4
    ((status == 0)) || expect_run 0 'a hunt'
}

@test "a hunt shows which test fails on the copy, and how" {
    begin 1
    expect_like '*04-abstract, mistake 1 of '"$total"'.*
This test fails (tests/04-addresses.bats:[0-9]*):
    addresses leaves no file behind

It fails at tests/04-addresses.bats:[0-9]*: expect_equal log *
    expected: log
    actual:   addresses.*make hunt*' "$output"
}

@test "the commands that a hunt shows build the copy, and fail on it" {
    begin 1
    sed -n '/by hand:$/,/^$/s/^    //p' <<<"$output" >commands
    expect_equal 4 "$(wc -l <commands)"
    run bash commands
    expect_like '1 *1..1*not ok 1 addresses leaves no file behind*' \
        "$status $output"
}

@test "nothing but the text of the program tells where the mistake is" {
    begin 1
    expect_equal 1 "$(find build/hunt -name '*.c' -exec stat -c %Y {} \
        build/hunt/Makefile \; | sort -u | wc -l)"
    expect_equal '04-abstract 1' "$(<build/hunt/state)"
    expect_equal "04-abstract/addresses
04-abstract/addresses.c
Makefile
state" "$(cd build/hunt && find . -type f | sed 's|^./||' | LC_ALL=C sort)"
    run ! grep -r file-stays build
}

@test "what is not mended yet fails again, and what does not compile is shown" {
    begin 1
    echo 'int another;' >>"$planted"
    run tests/hunt play
    expect_like '1 *It is not mended yet.*expected: log*' "$status $output"
    echo 'an error' >>"$planted"
    run tests/hunt play
    expect_like '1 *error: *The copy does not compile yet.*' "$status $output"
}

@test "what is mended passes all tests, and then the mistake is named" {
    begin 1
    sed 's/usage: addr/Usage: addr/' "$original" >"$planted"
    run tests/hunt play
    expect_like '1 *passes now.*not ok * wrong usage*other tests fail*' \
        "$status $output"
    cp "$original" "$planted"
    run tests/hunt play
    expect_like '0 * passed, 0 failed*Found and mended! The mistake was:
    The socket file stays: close(2) does not remove it.
*found 1 in 04*make hunt-04' "$status $output"
}

@test "a mistake comes again when all have been found or given up" {
    mkdir build
    for ((number = 1; number <= total; number++)); do
        ((number == 5)) || echo "04-abstract $number found"
    done >build/hunted
    run tests/hunt play
    expect_like '*04-abstract, mistake 5 of '"$total.*" "$output"
    run tests/hunt drop
    expect_like '0 *mistake 5 of *only what fflush(3)*' "$status ${output,,}"
    expect_nothing_at build/hunt
    run tests/hunt play
    expect_like '0 *04-abstract, mistake * of '"$total.*" "$status $output"
}

@test "a hunt under way is not overwritten, nor is it cleaned away" {
    begin 2
    echo '/* mine */' >>"$planted"
    cp "$planted" mine
    N=3 run tests/hunt play 4
    expect_like '2 hunt: a hunt is under way: 04-abstract, mistake 2 *' \
        "$status $output"
    mkdir 05-socketpair
    run tests/hunt play 5
    expect_like '2 hunt: a hunt is under way: 04-abstract, mistake 2 *' \
        "$status $output"
    make --silent clean
    cmp mine "$planted"
}

@test "an N or a lesson that is not there is an error that says what there is" {
    for number in 0 $((total + 1)) x; do
        N=$number run tests/hunt play 4
        expect_run 2 "hunt: N=$number: 04-abstract can have N=1 to N=$total"
    done
    run tests/hunt play 5
    expect_run 2 'there is no lesson 5, only 04-abstract'
    expect_nothing_at build
}

@test "a mistake that cannot be planted, as the lesson has changed, is said" {
    echo 'int main(void) {}' >"$original"
    N=1 run tests/hunt play 4
    expect_run 2 "hunt: 04-abstract, mistake 1 of $total: it cannot be planted, as 04-abstract is not as it was published"
    expect_nothing_at build/hunt
}
