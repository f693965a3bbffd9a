#!/usr/bin/env bats
#
# Grades 05-socketpair/exercises/2-filter.c.
# The starter fails at: 4 MiB go through cat and come back whole

load ../../helpers/exercises

@test "a command answers at the end of its input" {
    given 'shuf -i 1-9999 -n 20 >numbers'
    try './filter sort -n <numbers'
    known '*SIGALRM*' 'sort(1) cannot answer before it has everything. After
        the last byte, shutdown(2) with SHUT_WR tells it that this was all.
        And nobody may wait for an answer before that.'
    known '*Bad file descriptor*' 'Who has called close(2) cannot receive any
        more. shutdown(2) with SHUT_WR ends one direction only.'
    usually 'All that the command says is printed, and nothing else.'
    expect_output "$(sort -n numbers)"
    expect_status 0
}

@test "no input at all is an end of file, too" {
    try './filter sh -c "wc -c; exit 3" </dev/null'
    known '*SIGALRM*' 'With nothing to send, shutdown(2) was never called.
        Is it called only behind a send(2)?'
    usually 'The command is told at once that there is nothing.'
    expect_output 0
    usually 'The status is what the command has ended with.'
    expect_status 3
}

@test "a command that does not exist is an error" {
    try './filter ./nowhere </dev/null'
    usually 'The child could not become the command, and says so. filter ends
        as its child did.'
    expect_status 127
    expect_errors 'exec ./nowhere: No such file or directory'
}

@test "4 MiB go through cat and come back whole" {
    given 'head -c 4M /dev/urandom >data'
    try './filter cat <data >copy'
    [[ ! -s copy ]] || known '*SIGALRM*' 'Some of it has come back, but the
        rest takes too long. Does it sleep for a fixed time? poll(2) returns
        at the right moment. Or does it wait for room, while an answer is
        there?'
    known '*SIGALRM*' 'cat(1) writes back what it reads. If nobody takes it,
        the kernel has no room any more, cat waits, and reads nothing. If
        filter waits until cat reads, both wait for ever: a deadlock.
        filter has to take the answer while it still has something to send.'
    known '*@(SIGPIPE|says: cat: )*' 'cat had not sent everything back when filter
        ended. Whether all is sent says nothing about what is still to be
        received: print to the end of file.'
    usually 'Each byte comes back once.'
    expect_status 0
    known 'bytes: *' 'Some of it is missing. Whether all is sent, or POLLHUP has
        come, says nothing about what is still to be received: print to the
        end of file.'
    expect bytes 4194304 "$(wc -c <copy)"
    usually 'The number of bytes is right, and they are other ones. After a
        short send, go on behind what was taken.'
    expect 'checksum of the bytes' "$(cksum <data)" "$(cksum <copy)"
}

@test "a command need not read its input" {
    try 'head -c 4M /dev/zero | ./filter sh -c "echo done; exit 5"'
    known '*SIGPIPE*' 'The command has ended, and sending to it sends SIGPIPE
        to filter. With MSG_NOSIGNAL, send(2) fails with EPIPE instead.'
    known '*SIGALRM*' 'The command has ended, and nobody will read the rest.
        Print to the end of file, and then stop, whatever is left to send.'
    usually 'What it has said before it ended is printed. That it did not
        read everything is no error.'
    expect_output 'done'
    expect_status 5
    # filter is stopped until all has happened at once
    try "head -c 4M /dev/zero | ./filter sh -c 'kill -STOP \$PPID
          until grep -q ^State:.T /proc/\$PPID/status; do :; done
          echo done; exec <&- >&-; kill -CONT \$PPID; exit 5'"
    known '*SIGPIPE*' 'filter was stopped while the command closed its end.
        Then sending to it sends SIGPIPE to filter. With MSG_NOSIGNAL, send(2)
        fails with EPIPE instead: send_some sees to it.'
    known '*SIGALRM*' 'The command has closed its end, and nobody will read
        the rest. Print to the end of file, and then stop.'
    known 'nothing*' 'The command had closed its end before filter looked.
        Then poll(2) says POLLHUP and POLLIN at once: there is still something
        to print. Only recv(2) knows where the end is.'
    usually 'What it has said is printed, also if its end is closed already.'
    expect_output 'done'
    expect_status 5
}

@test "it sleeps while the command thinks" {
    given 'head -c 4M /dev/zero >data'
    measure "./filter sh -c 'sleep 0.4; wc -c; sleep 0.8; echo end' <data"
    known '*SIGALRM*' 'There is enough time to send everything and to wait for
        the answer, but not to wait at each step as well. poll(2) returns as
        soon as there is something to do.'
    known '4194304*' 'The answer comes in two parts. The end is not before the
        end of file.'
    usually 'The number of bytes comes first, then the word.'
    expect_output "$(printf '4194304\nend')"
    usually 'It asks again and again and uses a whole processor. poll(2)
        waits until there is something to do. But with POLLOUT it returns at
        once if nothing is left to send: ask for it only while there is.'
    expect_most 'hundredths of a second of processor time' 15 "$cpu"
}
