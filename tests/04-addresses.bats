#!/usr/bin/env bats
#
# Lesson 04: the four kinds of address, as addresses prints them.
# on: 04-abstract/addresses

load helpers/helpers
load helpers/usage

@test "started without standard streams, none becomes a socket" {
    needs strace
    strace -qqo trace -e trace=socket "$bin/addresses" \
        <&- >&- 2>&- 3>&- 4>&- || true
    expect_equal 3 "$(sed -n 's/.*= //p; 1q' trace)"
}

@test "addresses that cannot write says so with status 1" {
    run bash -c '"$1" >/dev/full' - "$bin/addresses"
    expect_run 1 'addresses: write standard output: No space left on device'
    expect_equal log "$(ls -A)"
}

@test "the lengths that addresses prints are right" {
    "$bin/addresses" >got &
    wait $!
    own_name=addresses.$!
    n=${#own_name}
    hex='[0-9a-f]'
    expect_like "\
pathname  $(printf %3d $((2 + n + 1))) bytes: 2 + $n for '$own_name' + 1 for its NUL
unnamed     2 bytes: 2 for the family
abstract  $(printf %3d $((2 + 1 + n))) bytes: 2 + 1 for a NUL + $n for '$own_name'
autobound   8 bytes: 2 + 1 for a NUL + 5 for '$hex$hex$hex$hex$hex'" "$(<got)"
}

@test "a file that has its pathname already survives, and ends it" {
    # shellcheck disable=SC2016 # the inner shell's
    run bash -c 'echo precious >addresses.$$; exec "$1"' - "$bin/addresses"
    expect_like \
        '1 *addresses: bind addresses.+([0-9]): Address already in use' \
        "$status $output"
    expect_equal precious "$(cat addresses.*)"
}

@test "addresses leaves no file behind" {
    program addresses >/dev/null
    expect_equal log "$(ls -A)"
}

@test "addresses whose line-buffered output fails says so with status 1" {
    run bash -c 'stdbuf -oL "$1" >/dev/full' - "$bin/addresses"
    expect_run 1 'addresses: write standard output: No space left on device'
}

@test "wrong usage gives status 2 and the usage line" {
    expect_wrong_usage 'usage: addresses' addresses a
    expect_wrong_usage 'usage: addresses' addresses -x
    expect_wrong_usage 'usage: addresses' addresses -- -h
    expect_wrong_usage 'usage: addresses' addresses a -h
}

@test "-h prints the usage on standard output and gives status 0" {
    expect_help addresses 'usage: addresses'
    run program addresses --
    expect_like 'status 0: pathname *' "status $status: $output"
}

@test "-h that cannot be printed gives status 1" {
    run bash -c '"$1" -h >/dev/full' - "$bin/addresses"
    expect_run 1 'addresses: write standard output: No space left on device'
    expect_help_error addresses
}

@test "addresses without a standard output says so with status 1" {
    run timeout "$limit" bash -c '"$@" >&-' - "$bin/addresses"
    expect_run 1 'addresses: write standard output: Bad file descriptor'
}

@test "addresses closes each of its sockets before it makes the next" {
    needs strace
    strace -qqo trace -e trace=socket "$bin/addresses"
    expect_equal 4 "$(wc -l <trace)"
    expect_equal 1 "$(sed 's/.* = //' trace | sort -u | wc -l)"
}

@test "a program that addresses started would inherit none of its sockets" {
    needs strace
    strace -qqo trace -e trace=socket "$bin/addresses"
    expect_equal 4 "$(grep -c CLOEXEC trace)"
}
