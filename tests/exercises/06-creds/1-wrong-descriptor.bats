#!/usr/bin/env bats
#
# Grades 06-creds/exercises/1-wrong-descriptor.c.
# The starter fails at: a caller is told its uid and its gid

load ../../helpers/exercises

server='./wrong-descriptor a.sock'
# It prints its pid, and then what it is told.
caller="sh -c 'echo \$\$; exec ./peer stream connect a.sock copy'"

# pid_of_server: what runs in the background is a child of its guard
pid_of_server() {
    grep -l "^PPid:	${background[-1]}$" /proc/[0-9]*/status 2>/dev/null |
        cut -d / -f 3
}

# expect_line WHAT: a caller gets one; if not, the log may say why
expect_line() {
    try './peer stream connect a.sock copy'
    usually 'tell() has sent a line to each caller in the starter. Perhaps
        your server has ended, or has not returned from a call.'
    expect "$1" yes "$(if [[ -s output ]]; then echo yes
        else echo "no; the log ends: $(tail -n 1 log)"; fi)"
}

# expect_own_pid: the caller whose output this is was told its own
expect_own_pid() {
    expect 'told at the end' "pid $(head -n 1 output)" \
        "$(sed -n '2s/.*, //p' output)"
}

@test "one caller after the other gets a line" {
    serve "$server"
    expect_line 'a line'
    expect_line 'a line for the next caller'
}

@test "a caller is told its uid and its gid" {
    local uid=$me gid=${STUDENT:-$(id -g)}
    serve "$server"
    try './peer stream connect a.sock copy'
    known "* uid $uid, gid *" 'The uid is right, and the gid is not.
        getsockopt(2) fills in no more than the size that it is given: that
        of the whole struct ucred.'
    usually 'Nobody has filled in the struct ucred. getsockopt(2) does, if
        it is given its address, and its size in a socklen_t.'
    expect told "you are uid $uid, gid $gid" "$(sed 's/, pid.*//' output)"
}

@test "a caller is told its pid, and not the server's" {
    serve "$server"
    try "$caller"
    known "*: pid $(pid_of_server)" "This is the server's own pid. Which
        descriptor did you ask? The listener answers, too: with who called
        listen(2). Only the socket that accept4(2) has returned is connected
        to the caller."
    usually 'The pid of SO_PEERCRED is that of the process that called
        connect(2).'
    expect_own_pid
}

@test "the next caller is told its own pid" {
    serve "$server"
    try "$caller"
    local first
    first=$(head -n 1 output)
    try "$caller"
    known "*: pid $first" 'This is the pid of the caller before. Each
        connection has credentials of its own: ask again for each.'
    usually 'The first caller was told the right pid. What is different the
        second time?'
    expect_own_pid
}

@test "callers of three users are each told their own uid and gid" {
    needs_root
    local uid gid
    serve "$server"
    as=() # the grader can be anybody
    for _ in 1 2 3; do
        uid=$((51000 + RANDOM % 1000)) gid=$((52000 + RANDOM % 1000))
        try "setpriv --reuid=$uid --regid=$gid --clear-groups \
./peer stream connect a.sock copy"
        known "* uid $gid, gid $uid" 'The two are swapped.'
        known "* uid $STUDENT,*" "This is the server's own uid. SO_PEERCRED
            tells the caller's, if it is asked of the socket that accept4(2)
            has returned."
        usually 'SO_PEERCRED tells the uid and the gid that the caller had
            when it called connect(2).'
        expect told "you are uid $uid, gid $gid" \
            "$(sed 's/, pid.*//' output)"
    done
}
