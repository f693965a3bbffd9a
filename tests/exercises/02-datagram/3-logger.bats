#!/usr/bin/env bats
#
# Grades 02-datagram/exercises/3-logger.c.
# The starter fails at: nobody reads the log, and it ends all the same

load ../../helpers/exercises

service="./peer datagram bind log.sock tell 'listening on log.sock'"
try_each='One line was lost. That says nothing about the next one: try each.'

# The lines come from a shell that waits until the logger has done with one:
# it waits for more then.
logger="sh -c 'echo \$\$ >pid; exec ./logger log.sock'"
started='until [ -s pid ]; do :; done'
done_with=$(until_waits "\$(<pid)")

# lost: how many lines it says that it lost
lost() {
    local count
    count=$(sed -n 's/^logger: \([0-9]*\) of [0-9]* lines lost$/\1/p' errors)
    echo "${count:-0}"
}

# expect_no_end: it has gone on to its end without a log, and says so
expect_no_end() {
    known '*No such file*' 'A log may be started later, or again. That it is
        not there is no reason to end: the line is lost.'
    known '*Connection refused*' 'The file is there, and the log that made it
        has ended. That is no reason to end: the line is lost.'
    usually 'sendto(2) says that there is no log: the line is lost.'
    expect_status 0
    expect_errors '^logger: 2 of 2 lines lost$'
}

@test "each line is a datagram" {
    local number=$((RANDOM + 1000))
    serve "$service receive receive receive"
    try "printf 'one\n\n$number\n' | ./logger log.sock"
    known 'lines lost: 1' 'The empty line is a datagram of 0 bytes, and
        sendto(2) returns 0 for it: only -1 says that one is lost.'
    usually 'send_line is called for each line, and sends it as it is.'
    expect_status 0
    expect 'lines lost' 0 "$(lost)"
    finish
    expect 'the log' "one\\n\\n$number" "$(readable said)"
}

@test "nobody reads the log, and it ends all the same" {
    serve "sleep 60 | $service wait"
    limit=3 # less than a millisecond a line, and much for one that is lost
    try 'seq 5000 | ./logger log.sock'
    known '*not over*' 'The queue of the log is full, and nobody makes room.
        sendto(2) waits for it all the same, or you do. It has a flag that
        makes it fail instead: then the line is lost.'
    known '*Resource temporarily unavailable*' 'EAGAIN is no failure here. It
        says that there is no room just now: this line is lost, and the next
        one may not be.'
    usually 'A full queue is no reason to end.'
    expect_status 0
}

@test "what arrives and what is lost make up all, in order" {
    local first=$((RANDOM + 100000)) early=$((RANDOM % 9 + 1)) each steps=''
    local lost
    for ((each = 0; each < early; each++)); do # so many, then it is deaf
        steps+=' receive'
    done
    serve "until [ -e go ]; do sleep 0.01; done |
          $service$steps print deaf wait copy >got"
    try "{ seq $first $((first + early - 1))
            until grep -qs deaf got; do :; done
            seq $((first + early)) $((first + 999)); } | ./logger log.sock"
    expect_status 0
    lost=$(lost)
    try "touch go; ./peer datagram connect log.sock send ''"
    finish
    grep -v deaf got | tr -d '\n' | fold -w 6 >arrived # 6 digits each
    echo >>arrived
    usually 'A line that has been sent is not sent again.'
    expect 'lines that arrive twice' '' "$(sort arrived | uniq -d | xargs)"
    usually 'Lines have to arrive in the order of the input.'
    expect 'lines in order' yes "$(sort -nc arrived 2>&1 && echo yes)"
    known '* 0 are lost*' 'Most of them found the queue full: they are lost.
        send_line has to return false for each.'
    usually 'Each call of sendto(2) says whether its line is lost. How many
        lines a queue holds is nothing that a program can know.'
    [[ $(($(wc -l <arrived) + lost)) == 1000 ]] ||
        fail_check '1000 arrive or are lost' \
            "$(wc -l <arrived) arrive, it says that $lost are lost"
}

@test "without a log it goes on, and says what is lost" {
    try "printf 'one\ntwo\n' | ./logger log.sock"
    expect_no_end
    try './peer datagram bind log.sock'
    try "printf 'one\ntwo\n' | ./logger log.sock"
    expect_no_end
}

@test "a log that is started again has the next line" {
    local receiver='./peer datagram bind log.sock receive'
    try "{ $receiver >got & until [ -S log.sock ]; do :; done
            echo one; wait; rm log.sock
            $receiver >>got & until [ -S log.sock ]; do :; done
            echo two; } | ./logger log.sock
          ./peer datagram connect log.sock send 'not two' 2>/dev/null
          until [ \$(wc -l <got) = 2 ]; do :; done; cat got"
    usually 'A socket that was connected to the first log stays so, though
        another one has its path now. sendto(2) looks up the path each time.'
    expect_output $'one\ntwo'
}

@test "after a line that was lost without a log, the next one arrives" {
    local receiver='./peer datagram bind log.sock receive'
    try "{ $started; echo one; $done_with
            $receiver >got & until [ -S log.sock ]; do :; done
            echo two; } | $logger
          ./peer datagram connect log.sock send 'not two' 2>/dev/null
          until [ -s got ]; do :; done; cat got"
    usually "$try_each"
    expect_output two
    expect_errors '^logger: 1 of 2 lines lost$'
}

@test "after a full queue, a line that has room arrives" {
    serve "until [ -e go ]; do sleep 0.01; done |
          $service wait receive print room copy >got"
    try "{ $started; seq 1000; $done_with
            touch go; until grep -qs room got; do :; done
            echo again; } | $logger
          ./peer datagram connect log.sock send ''"
    finish
    usually "$try_each"
    expect 'the last line that arrives' again "$(tail -c 5 got)"
}
