#!/usr/bin/env bats
#
# Lesson 06: the groups whose members may come in.
# on: 06-creds/server

load helpers/helpers
load helpers/admission

@test "a member by its primary group is admitted" {
    open_folder
    start_server a.sock bin daemon
    call_as 12345 1 none
    expect_admission 'member of daemon'
    call_as 12345 1 7,9
    expect_admission 'member of daemon'
}

@test "a member by a supplementary group is admitted" {
    open_folder
    start_server a.sock bin daemon
    call_as 12345 12345 7,1,9
    expect_admission 'member of daemon'
}

@test "a non-member is refused, with no exception for the server's user" {
    open_folder
    start_server a.sock bin daemon
    call_as 12345 12345 3,4
    expect_refusal 'in none of the groups'
    call_as 12345 12345 none
    expect_refusal 'in none of the groups'
    call_as 0 0 none
    expect_refusal 'in none of the groups'
}

@test "our own group is admitted, and a group that we are not in is not" {
    ours=$(id -gn)
    start_server a.sock "$ours"
    call
    expect_admission "member of $ours"
    end_server TERM
    start_server a.sock "$(foreign_group)"
    call
    expect_refusal 'in none of the groups'
}

@test "of several groups that admit, the log names the server's first" {
    open_folder
    start_server a.sock bin sys daemon
    call_as 12345 1 3
    expect_admission 'member of sys'
}

@test "a caller may have any number of groups" {
    open_folder
    start_server a.sock bin # 2, which is the first of those
    for last in {3..20}; do
        call_as 12345 12345 "$(seq -s , 2 "$last")"
        expect_admission 'member of bin'
    done
}

@test "a caller may have 100 groups, and the server be given 100" {
    open_folder
    local many=() hundred
    for _ in {1..99}; do many+=(bin); done
    expect_equal 100 "$(getent group users | cut -d: -f3)"
    start_server a.sock "${many[@]}" users
    hundred=$(seq -s , 3 101) # the kernel sorts them: users comes late
    call_as 12345 12345 "$hundred,1"
    expect_admission 'member of users'
    call_as 12345 12345 "${hundred/,100,/,102,},1"
    expect_refusal 'in none of the groups'
}

@test "a group that a login would give, but the caller lacks, counts not" {
    open_folder
    expect_equal 1:1 "$(getent passwd daemon | cut -d: -f3,4)"
    start_server a.sock daemon
    call_as 1 12345 none
    expect_refusal 'in none of the groups'
}

@test "a group that /etc/group gives, but the caller lacks, counts not" {
    open_folder
    unshare --mount mount --bind /etc/group /etc/group ||
        skip "may not mount another /etc/group"
    sed "s/^daemon:.*:/&$(id -un 5)/" /etc/group >group
    unshare --mount bash -c 'mount --bind group /etc/group && exec "$@"' - \
        ./server a.sock daemon 2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log 'server: listening on a.sock'
    call_as 5 12345 none
    expect_refusal 'in none of the groups'
}

@test "gid 65534, which stands for any unmapped group, admits nobody" {
    open_folder
    getent group nogroup | grep -q :65534: || skip "no group nogroup"
    start_server a.sock nogroup
    call_as 12345 65534 none
    expect_refusal 'in none of the groups'
    call_as 12345 12345 65534
    expect_refusal 'in none of the groups'
}

@test "a group is named by its name, not by its number" {
    for number in 1 0 010 0x1 4294967297 +1 ' 1' '1 '; do
        run program server a.sock "$number"
        expect_run 1 "server: group '$number' does not exist"
        run program server -g "$number" a.sock
        expect_run 1 "server: group '$number' does not exist"
    done
}

@test "each group of the server admits: the first, one between, the last" {
    ours=$(id -gn) other=$(foreign_group)
    for groups in "$ours $other $other" "$other $ours $other" \
        "$other $other $ours" "$ours"; do
        # shellcheck disable=SC2086 # words
        start_server a.sock $groups
        call
        expect_admission "member of $ours"
        end_server TERM
    done
}

@test "each group of the caller admits: its first, one between, its last" {
    open_folder
    for group in daemon sys tty; do # 1, 3 and 5
        start_server a.sock "$group"
        call_as 12345 12345 1,3,5
        expect_admission "member of $group"
        end_server TERM
    done
}

@test "a caller's only group admits, whether primary or supplementary" {
    open_folder
    start_server a.sock daemon
    call_as 12345 1 none
    expect_admission 'member of daemon'
    call_as 12345 12345 1
    expect_admission 'member of daemon'
    call_as 12345 2 3
    expect_refusal 'in none of the groups'
}

@test "an unknown GROUP is an error at the start, and makes nothing" {
    run program server a.sock no-such-group
    expect_run 1 "server: group 'no-such-group' does not exist"
    run program server -g no-such-group a.sock
    expect_run 1 "server: group 'no-such-group' does not exist"
    expect_nothing_at a.sock a.sock.lock
}

@test "of several groups, the log names the one that admits" {
    start_server a.sock "$(foreign_group)" "$(id -gn)" "$(foreign_group)"
    call
    expect_admission "member of $(id -gn)"
}
