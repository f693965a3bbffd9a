#!/usr/bin/env bats
#
# Grades 05-socketpair/exercises/1-no-end.c.
# The starter fails at: one child adds up what it gets

load ../../helpers/exercises

# sums CHILDREN: what the children are to print for the file numbers
sums() {
    awk -v count="$1" '{sum[NR % count] += $1; lines[NR % count]++}
        END {for (i = 1; i <= count; i++) printf "child %d: %d lines, " \
            "sum %d\n", i, lines[i % count], sum[i % count]}' numbers
}

@test "a child that cannot go on is seen in the exit status" {
    try 'echo apple | ./no-end 1'
    known '*Bad file descriptor*' 'Somebody has closed the end that it uses
        itself. The child reads from ends[1], the parent sends into
        ends[0].'
    usually 'The child ends with status 1, and says why. waitpid(2) tells
        the parent so.'
    expect_errors 'child 1: this is no number: apple'
    expect_status 1
}

@test "one child adds up what it gets" {
    given 'shuf -i 1-9999 -n 20 >numbers'
    try './no-end 1 <numbers'
    known '*SIGALRM*' 'The parent has closed its end, and still the child
        gets no end of file. It comes when the last copy of the other end is
        closed. Who holds a copy? fork(2) copies each descriptor, so the
        child has the end of its parent, too. (SOCK_CLOEXEC closes nothing
        here: it does so in execve(2), and nobody calls that.)'
    known 'child 1:*' 'The numbers are other ones each time. Only the child
        that has read them knows the sum.'
    usually 'The child reads from ends[1], the parent sends into ends[0].'
    expect_output "$(sums 1)"
    expect_status 0
}

@test "so do three children" {
    given 'shuf -i 1-9999 -n 20 >numbers'
    try './no-end 3 <numbers'
    known '*SIGALRM*' 'With one child it ends, with three it does not. When
        the second child was forked, the parent had its end of the first
        pair open. So the second child has a copy of it, and the first one
        gets no end of file while the second one lives.'
    known '*Bad file descriptor*' 'Somebody has closed an end that is still
        used. The parent needs its end of each pair until the end.'
    usually 'Each child closes the copies that it has inherited, and nothing
        else. Then all that the parent deals arrives.'
    expect_output "$(sums 3)"
    expect_status 0
}

@test "no child is left behind by a parent that is killed" {
    try "mkfifo numbers; { ./no-end 2 <>numbers 2>log & echo apple >numbers
          until grep -q apple log; do sleep 0.01; done; kill -KILL \$!; } |
          timeout 3 cat || echo 'one is left'"
    usually 'A parent that is killed calls neither close(2) nor shutdown(2).
        The kernel closes what it had. If a child has a copy of the
        end that it waits for, that does not help: it waits for itself.'
    expect_output 'child 2: 0 lines, sum 0'
}

@test "a child that has ended is nobody to wait for" {
    try '(echo apple; yes 1 | head -n 2000) | ./no-end 2'
    known '*SIGALRM*' 'The first child has ended, and the parent waits in
        send(2) until it reads. send(2) fails with EPIPE only when nobody
        has a copy of the end of that child: neither the parent, nor the
        children that were forked after it.'
    usually 'The other child gets its lines, and the status is 1.'
    expect_status 1
    expect_output 'child 2: 1000 lines, sum 1000'
}
