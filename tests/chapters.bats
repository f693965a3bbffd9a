#!/usr/bin/env bats
#
# What the chapters show happens, on the programs as they are.
# on: 01-stream/server 02-datagram/server 03-seqpacket/server
# on: 04-abstract/server 05-socketpair/pair 06-creds/server
# also: 01-stream/first 01-stream/event_server 04-abstract/addresses

load helpers/helpers

setup_file() { export BATS_TEST_TIMEOUT=180; } # each test is a whole chapter

@test "the chapter's transcripts happen as printed" {
    [[ -z ${NO_CHAPTERS:-} ]] || skip 'NO_CHAPTERS'
    "$tests/play" "${lesson%%-*}" >/dev/null 3>&-
}
