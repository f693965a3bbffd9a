#!/usr/bin/env bats
#
# Grades 06-creds/exercises/5-ancestor.c.
# The starter fails at: the process itself comes in

load ../../helpers/exercises

caller='./peer stream connect a.sock copy'
welcome=Welcome refusal='Unauthorized access'
# An ancestor that has no children
# shellcheck disable=SC2016 # it is typed so
another='sleep 100 & echo $! >pid; ./ancestor a.sock $!'

# top: the highest that can be found above us, by its pid
top() {
    local pid=$$ parent
    while parent=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status" 2>/dev/null) &&
        ((${parent:-0} > 0)); do
        pid=$parent
    done
    echo "$pid"
}

# family COMMAND: try it in a shell, from which callers are to descend; $! is
# the server
family() {
    [[ ! -e a.sock ]] || did+=('kill %1; rm a.sock')
    rm -f a.sock log
    try "./ancestor a.sock \$\$ 2>log &
        until grep -qs listening log || ! kill -0 \$!; do sleep 0.01; done
        $1"
    did[-1]="./ancestor a.sock \$\$ &"
    did+=("$1")
}

@test "who does not descend from it is refused" {
    serve "$another"
    try "$caller"
    known 'nothing*' 'There is no answer. Does the walk end? Process 1 has the
        parent 0, and there is no process 0: stop there. (Or does parent_of
        return what it was given?)'
    usually 'The caller does not descend from this pid.'
    expect_output "$refusal"
}

@test "the process itself comes in" {
    serve "mkfifo go; ./peer stream wait connect a.sock copy <go >answer 2>&1 &
          ./ancestor a.sock \$!"
    try ': >go; until grep . answer; do sleep 0.01; done'
    usually 'The pid that was given is that of the caller. Compare before you
        look for the parent.'
    expect_output "$welcome"
}

@test "a child comes in, and a child's child's child" {
    family "$caller; true"
    known "$refusal" 'The caller is a child. Does parent_of tell its parent?
        Try it with your shell: what should it say, and what does it say?'
    expect_output "$welcome"
    family "sh -c 'sh -c \"$caller; true\"; true'"
    known "$refusal" 'Between the caller and this pid are two others. Go on
        with the parent, and its parent, until there is none.'
    expect_output "$welcome"
    given "echo 'if [ \$1 -gt 0 ]; then sh deep \$((\$1 - 1)); else $caller; fi
          true' >deep"
    family 'sh deep 20'
    usually 'Between the caller and this pid are 20 others. There may be any
        number of them: count none, and go on until there is no parent.'
    expect_output "$welcome"
}

@test "parentheses and blanks in a program's name change nothing" {
    local why='In /proc/PID/stat, the name of the program stands in
        parentheses, and may have parentheses and blanks in it, as this one.
        Only the last closing one ends it. /proc/PID/status has the name on a
        line of its own.'
    serve "$another"
    # shellcheck disable=SC2016 # it is typed so
    given 'cp peer "a) S $(cat pid) ("'
    # shellcheck disable=SC2016
    try '"./a) S $(cat pid) (" stream connect a.sock copy'
    known Welcome "A stranger has come in by the name of its program. $why"
    usually 'This caller does not descend from the pid.'
    expect_output "$refusal"
    # shellcheck disable=SC2016
    given 'cp peer "PPid: $(cat pid)"'
    # shellcheck disable=SC2016
    try '"./PPid: $(cat pid)" stream connect a.sock copy'
    known Welcome 'A stranger has come in by the name of its program: "PPid:"
        and a number. Only at the beginning of a line of /proc/PID/status is
        it not the name.'
    usually 'This caller does not descend from the pid.'
    expect_output "$refusal"
    given "cp peer 'a) S 1 (b'"
    family "'./a) S 1 (b' stream connect a.sock copy; true"
    usually "This is a child. $why"
    expect_output "$welcome"
}

@test "an orphan does not descend from it any more" {
    given "echo 'while kill -0 \$1 2>&-; do sleep 0.01; done
                exec $caller' >orphan"
    family "sh -c 'sh orphan \$\$ >answer 2>&1 &'
          until grep . answer; do sleep 0.01; done"
    usually 'The parent of the caller has ended. Now it has another one: who
        adopted it. Its /proc/PID says so. (getppid(2) tells the parent of
        your server.)'
    expect_output "$refusal"
}

@test "whoever descends from the first process comes in" {
    serve "./ancestor a.sock $(top)"
    try "$caller"
    usually 'This pid is the last one on the way up. If it is 1, it is a process
        as others are: compare it before you stop. Only 0 is none.'
    expect_output "$welcome"
}

@test "a caller that has ended is refused, and the next one comes in" {
    family "kill -STOP \$!; ./peer stream connect a.sock; kill -CONT \$!
          $caller; true"
    usually 'The first caller has ended before the server could look. Then
        there is no /proc/PID. That is no reason to end: it descends from
        nobody.'
    expect_output "$welcome"
    expect 'refused in the log' 1 "$(grep -c ': refused' log)"
}

@test "it may have 12 files open, and 20 callers come in" {
    family "prlimit --nofile=12 --pid \$!
          for i in \$(seq 20); do $caller; done | grep -c '$welcome'"
    usually 'A process may have so many files open, and no more. Whatever is
        opened for a caller is closed again: fclose(3), also if you return
        from the middle of a loop.'
    expect_output 20
}
