#!/usr/bin/env bats
#
# Grades 06-creds/exercises/3-user-list.c.
# The starter fails at: who is on the list by number comes in

load ../../helpers/exercises

caller='./peer stream connect a.sock copy'
welcome=Welcome refusal='Unauthorized access'

# restart COMMAND: another server, in place of the one that runs
restart() {
    did+=('kill $!; rm a.sock')
    kill "${background[-1]}"
    finish
    rm a.sock
    serve "$1"
}

# expect_no_start USER WHY: the server ends with an error, as there is no such
# user; and why it does not
expect_no_start() {
    begin "./user-list a.sock '$1'"
    wait_until said_or_over 'listening on' >/dev/null || true
    usually "$2"
    ! grep -q 'listening on' log ||
        fail_check "an error, as there is no user '$1'" 'it listens'
    finish
    cp log errors
    known '*SIGSEGV*' 'getpwnam(3) returns NULL if nobody has this name. Look
        at what it returns before you take the uid.'
    expect_status 1
    usually 'Say what is wrong: errx(1, ...) with the name.'
    expect_errors 'user-list: .'
}

@test "with an empty list nobody comes in" {
    serve './user-list a.sock'
    try "$caller"
    known 'Welcome' 'The list has no users. is_on_list has to say false at
        the end, if it has found nobody.'
    usually 'Who is not on the list is told so, by one line. That is in main
        already.'
    expect_output "$refusal"
}

@test "who is on the list by number comes in" {
    known 'user-list: *' "uid_of has refused a user that is given by number.
        strtoul(3) makes a number of it."
    serve "./user-list a.sock $me"
    try "$caller"
    usually "The caller's uid is $me. Does uid_of make this number of it, and
        does is_on_list find it?"
    expect_output "$welcome"
    restart "./user-list a.sock $me 1 2"
    try "$caller"
    usually 'The caller is the first on the list. If those behind it are
        others, that takes nothing back: found is found.'
    expect_output "$welcome"
    restart "./user-list a.sock 1 2 $me"
    try "$caller"
    usually 'The caller is the last on the list. Look at all of them before
        you say no.'
    expect_output "$welcome"
}

@test "who is not on the list is refused" {
    serve "./user-list a.sock 0 $((me / 10)) $((me + 1)) $((me + 10000))"
    try "$caller"
    usually "The caller's uid is $me, which is none of these. Compare numbers,
        and all of them."
    expect_output "$refusal"
    await_log "uid $me: refused"
}

@test "a name stands for its user" {
    local name
    known 'user-list: *' 'root is a name, and no number. Look for a user of
        this name first; if there is none, it is perhaps a number.'
    serve "./user-list a.sock root $me"
    try "$caller"
    usually "The caller's uid is $me. A number is a user even if it stands
        behind a name."
    expect_output "$welcome"
    if [[ -n ${STUDENT:-} ]]; then
        as=() name=daemon # the grader can be anybody
        caller="setpriv --reuid=daemon --regid=daemon --clear-groups $caller"
        usually "The caller is the user daemon, uid $(id -u daemon)."
    else
        name=$(id -un 2>/dev/null) || skip 'you have no name'
    fi
    restart "./user-list a.sock $name"
    try "$caller"
    usually "The caller is the user $name. getpwnam(3) tells the uid of a
        name."
    expect_output "$welcome"
}

@test "a user that does not exist is an error at the start" {
    expect_no_start "nobody-$RANDOM" "There is no such user. atoi(3) makes 0 of
        a name that is no number, without an error. 0 is root. strtoul(3)
        tells where it has stopped."
    expect_no_start "${me}x" "strtoul(3) stops at the x. It is a number only
        if nothing is behind it: look at what endptr points to."
    expect_no_start '' 'Here it has no digit at all. strtoul(3) makes 0 of it,
        and 0 is root.'
    expect_no_start "$(((1 << 32) + me))" "A uid has 32 bits, and this number
        has more. Whatever is made of it is somebody else. Is it too large?"
    expect_no_start $((1 << 32)) 'A uid has 32 bits, and this is the first
        number that has more. 32 bits of it are 0, and 0 is root.'
    expect_no_start $((me - (1 << 32))) "No uid is below 0. This number, as one
        of 32 bits, is $me: somebody else. strtol(3) and strtoul(3) take a
        minus."
}

@test "root is refused, unless it is on the list" {
    needs_root
    serve "./user-list a.sock $me daemon"
    act_as 0 # the caller is root
    try "$caller"
    usually 'Root may do everything on this machine, but on this list it is
        not. Do you look behind the end of the list?'
    expect_output "$refusal"
    act_as "$me"
    restart "./user-list a.sock $me root"
    act_as 0
    try "$caller"
    usually 'root is on the list.'
    expect_output "$welcome"
}
