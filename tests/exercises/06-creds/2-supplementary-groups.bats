#!/usr/bin/env bats
#
# Grades 06-creds/exercises/2-supplementary-groups.c.
# The starter fails at: the effective group of the caller lets it in

load ../../helpers/exercises

server='./supplementary-groups a.sock'
caller='./peer stream connect a.sock copy'
mine=${STUDENT:-$(id -g)}

# call: try the caller; to be somebody else, it is the grader's own
call() {
    local as=("${as[@]}")
    [[ $caller != setpriv* ]] || as=()
    try "$caller"
}

# with_groups GROUPS: the caller has these supplementary groups
with_groups() {
    caller="setpriv --reuid=$STUDENT --regid=$mine --groups=$1 $caller"
}

# expect_answer TEXT: what the caller got; if nothing, the log may say why
expect_answer() {
    known '*@(not over|listening on)*' 'groups_of does not come to an end.
        Where there are no groups left to ask for, getsockopt(2) returns 0.'
    expect 'the answer' "$1" "$(cat output)$(
        [[ -s output ]] || echo "nothing; the log ends: $(tail -n 1 log)")"
}

# pid_of_server: what runs in the background is a child of its guard
pid_of_server() {
    grep -l "^PPid:	${background[-1]}$" /proc/[0-9]*/status 2>/dev/null |
        cut -d / -f 3
}

# in_order: numbers, each once
in_order() { tr ' ' '\n' | sort -nu | xargs; }

# logged_groups: of the last caller
logged_groups() { sed -n '$s/.*groups of pid [0-9]*: *//p' log | in_order; }

# choose_groups: sets $others to groups that the caller has besides $mine
choose_groups() {
    local base=$((70000 + RANDOM))
    if [[ -n ${STUDENT:-} ]]; then
        others=("$base" $((base + 1 + RANDOM % 99)) $((base + 100)))
        with_groups "$(IFS=,; echo "${others[*]}")"
    else
        mapfile -t others < <(id -G | in_order | tr ' ' '\n' | grep -vx "$mine")
        ((${#others[@]} > 0)) ||
            skip 'you have one group; root can have others'
    fi
}

@test "the effective group of the caller lets it in" {
    serve "$server $mine"
    call
    known 'the answer: nothing*' 'The server has ended. A caller with no
        supplementary group is no error.'
    usually 'The effective group is given to groups_of. Put it into the list,
        too: a caller may have no other.'
    expect_answer Welcome
    call
    known 'the answer: nothing*' 'The first caller has got its answer, and then
        the server has ended. main gives the array to free(3), so it has to
        come from malloc(3), and to be as large as what is written into it.'
    usually 'The next caller is the same one.'
    expect_answer Welcome
}

@test "a group that it does not have does not" {
    serve "$server $((200000 + RANDOM))"
    call
    usually 'The caller is not a member of this group.'
    expect_answer 'Unauthorized access'
}

@test "a supplementary group lets it in" {
    local others
    choose_groups
    serve "$server ${others[RANDOM % ${#others[@]}]}"
    call
    usually 'Many groups of a process are supplementary ones. SO_PEERCRED
        tells only the effective one, and getgrouplist(3) those of a user who
        would log in now. SO_PEERGROUPS tells those of the process.'
    expect_answer Welcome
}

@test "the list has all its groups, and no other" {
    local others actual wanted
    choose_groups
    serve "$server $mine"
    call
    actual=$(logged_groups) wanted=$(in_order <<<"$mine ${others[*]}")
    usually 'Is the effective group in the list, and the supplementary ones
        behind it? Are the first and the last of them there?'
    (($(wc -w <<<"$actual") <= $(wc -w <<<"$wanted"))) ||
        usually 'There are more than the kernel told. It tells a size in
            bytes, and count is a number of groups.'
    expect 'the groups' "$wanted" "$actual"
}

@test "a caller that has ended is listed with its groups, too" {
    local others
    choose_groups
    serve "$server $mine"
    given "kill -STOP $(pid_of_server)"
    caller=${caller% copy}
    call
    given "kill -CONT $(pid_of_server)"
    await_log 'groups of pid'
    usually 'The caller has ended before the server could look. Then /proc has
        nothing of it any more, and its pid may be that of another. The
        connection knows: SO_PEERGROUPS.'
    expect 'the groups' "$(in_order <<<"$mine ${others[*]}")" \
        "$(logged_groups)"
}

# So many that the array ends where the memory of malloc(3) does, and that
# what is written behind it is no size that there could be.
@test "a caller may have 3002 groups" {
    needs_root
    local first=$((100000000 + RANDOM))
    with_groups "\$(seq -s, $first $((first + 3001)))"
    serve "$server $((first + 3001))"
    call
    known '*Numerical result out of range*' 'This is ERANGE: the array is too
        small. No fixed size is good. size now says how many bytes it takes:
        make room for them, and ask again.'
    usually 'The last one of many groups is not found. If the array is too
        small, the kernel fills in nothing, and the error is ERANGE. size
        then says how many bytes it takes.'
    expect_answer Welcome
    call
    usually 'The first caller has got its answer, and then the server has
        ended. Something was written behind the end of the array: it is to
        have room for the effective group, too.'
    expect_answer Welcome
    expect 'groups in the list' 3003 "$(logged_groups | wc -w)"
}
