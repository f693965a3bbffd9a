#!/usr/bin/env bats
#
# Lesson 04: what only the program that shows addresses promises.
# on: 04-abstract/addresses

load helpers/helpers

@test "addresses closes each of its sockets before it makes the next" {
    needs strace
    strace -qqo trace -e trace=socket "$bin/addresses"
    expect_equal 4 "$(wc -l <trace)"
    expect_equal 1 "$(sed 's/.* = //' trace | sort -u | wc -l)"
}
