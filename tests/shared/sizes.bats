#!/usr/bin/env bats
#
# The SIZE that two programs take: which texts are a number, and which not.
# on: 02-datagram/server 03-seqpacket/client

load ../helpers/helpers

# expect_room COUNT OPTION...: given these, the program has room for so many
expect_room() {
    local most=$1 server_options=() client_options=()
    shift
    if [[ $ON == */server ]]; then
        server_options=("$@")
    else
        client_options=("$@")
    fi
    start_server "${server_options[@]}" a.sock
    client "${client_options[@]}" a.sock ABCDEFGHIJKL >got
    sed -E 's/^Response 1 : ([A-Z]*).*/\1/' got >fitted
    expect_equal "$* leaves room for $most" \
        "$* leaves room for $(tr -d '\n' <fitted | wc -c)"
    end_server TERM
}

# refuses SIZE: as wrong usage, and says why
refuses() {
    run program "${ON#*/}" -n "$1" a.sock hello
    expect_like "status 2: ${ON#*/}: size '$1' is not a number from 1 to \
1073741824"$'\n'"usage: *" "status $status: $output"
}

@test "a SIZE beyond 32 bits does not wrap: it is refused" {
    refuses 4294967295
    refuses 4294967297
    refuses -4294967295
    refuses 18446744073709551617
}

@test "nothing may follow the number in SIZE, not even a space" {
    for size in '5 ' '5.' 5k 5,0 0x5 $'5\n'; do
        refuses "$size"
    done
}

@test "before the number in SIZE, spaces and a + are as strtol(3) takes them" {
    for size in ' 5' +5 ' +05'; do
        expect_room 5 -n "$size"
    done
}

@test "SIZE may be joined to its -n, and the last one counts" {
    expect_room 5 -n5
    expect_room 5 -n 7 -n 5
}
