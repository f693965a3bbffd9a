#!/usr/bin/env bats
#
# How each program of these lessons shows its usage, to the byte, and where
# its operands begin.
# on: 01-stream/server 01-stream/event_server 01-stream/client
# on: 02-datagram/server 02-datagram/client
# on: 03-seqpacket/server 03-seqpacket/client
# on: 06-creds/server 06-creds/client

load ../helpers/helpers
load ../helpers/callers
load ../helpers/usage

name=${ON#*/}
case $ON in
02-datagram/server) operands='[-n SIZE] PATH' ;;
02-datagram/client) operands='PATH MESSAGE...' ;;
03-seqpacket/client) operands='[-n SIZE] PATH MESSAGE...' ;;
06-creds/server) operands='[-g GROUP] PATH [GROUP...]' ;;
*) operands=PATH ;;
esac

# expect_usage_in FILE: the usage line, and not a byte more
expect_usage_in() {
    expect_equal "usage: $name $operands" "$(<"$1")"
    echo "usage: $name $operands" | cmp - "$1"
}

@test "without an operand, or with one too many, it shows its usage line" {
    local words wrong=('')
    [[ $operands == *...* ]] || wrong+=('a.sock b')
    for words in "${wrong[@]}"; do
        status=0
        # shellcheck disable=SC2086 # words
        program "$name" $words </dev/null >shown 2>said || status=$?
        expect_equal 2 "$status"
        expect_usage_in said
        expect_equal '' "$(<shown)"
        expect_nothing_at a.sock b a.sock.lock
    done
}

@test "an option that it does not know ends it before it does anything" {
    local status=0 words=(a.sock) # no others, or they would be too many
    [[ $name != client ]] || words+=("${message[@]}")
    program "$name" -x "${words[@]}" </dev/null >shown 2>said || status=$?
    expect_equal 2 "$status"
    tail -n +2 said >last # the first line is getopt(3)'s
    expect_usage_in last
    expect_equal '' "$(<shown)"
    expect_nothing_at a.sock a.sock.lock
}

@test "behind the first operand, -h is an operand, and nobody asks for help" {
    local status=0
    program "$name" nowhere/a.sock -h </dev/null >shown 2>said || status=$?
    expect_like 'status [12], and shown: ' \
        "status $status, and shown: $(<shown)"
}

@test "-h shows the same usage line, and nothing else" {
    program "$name" -h >shown 2>said
    expect_usage_in shown
    expect_equal '' "$(<said)"
}

@test "-h that cannot be printed gives status 1, line by line, too" {
    expect_help_error "$name"
}

@test "after -- a path may begin with -" {
    start_server -- -a.sock
    expect_equal "$SERVER: listening on -a.sock" "$line"
    [[ $name == client ]] || expect_service -a.sock
    [[ $name != client ]] || {
        run --separate-stderr client -- -a.sock "${message[@]}" <<<hello
        expect_like "status 0: *$reply" "status $status: $output"
    }
}
