#!/usr/bin/env bats
#
# Grades 06-creds/exercises/4-roles.c.
# The starter fails at: a viewer reads the text, also the last one on the list

load ../../helpers/exercises

caller='./peer seqpacket connect a.sock'
view='send view receive'
text="text $RANDOM"

# expect_answers ANSWER...: one for each command
expect_answers() {
    expect answers "$(printf '%s; ' "$@")" "$(sed 's/$/; /' output |
        tr -d '\n'; tail -n 1 errors)"
}

@test "what is no command is no command for anybody" {
    serve "./roles a.sock 0 $me"
    try "$caller send delete receive"
    usually 'That is in obey() already: leave it as it was.'
    expect_answers 'unknown command'
}

@test "a viewer reads the text, also the last one on the list" {
    serve "./roles a.sock 0 $me 1 2"
    try "$caller $view"
    usually "The caller's uid, $me, is the first of the viewers: roles->viewers.
        VIEW is for them."
    expect_answers 'nothing yet'
    serve "./roles b.sock 0 1 2 $me"
    try "./peer seqpacket connect b.sock $view"
    usually "The caller's uid, $me, is the last of the viewers. Look at all of
        them before you say no."
    expect_answers 'nothing yet'
}

@test "a viewer may not update it, before and after" {
    serve "./roles a.sock 0 $me"
    try "$caller send 'update $text' receive $view"
    known "answers: $text*" 'A viewer has changed the text. The answer depends
        on the command, too.'
    usually 'A viewer may view, but not update.'
    expect_answers 'not allowed' 'nothing yet'
    try "$caller $view send 'update $text' receive $view"
    known "*$text*" 'The viewer was asked for once, and could do all from then
        on. Decide again for each command.'
    usually 'The same viewer may still view after it was refused an update.'
    expect_answers 'nothing yet' 'not allowed' 'nothing yet'
}

@test "the updater may do both" {
    serve "./roles a.sock $me 0"
    try "$caller $view send 'update $text' receive $view"
    known '*nothing yet; not*' 'The caller is the updater: its uid is
        roles->updater. It may view, but not update.'
    known 'answers: not allowed; *' 'The updater is not among the viewers,
        and may view all the same.'
    usually 'The updater gets the new text, and reads it again.'
    expect_answers 'nothing yet' "$text" "$text"
    try "$caller $view"
    usually 'The text stays for the next caller.'
    expect_answers "$text"
    serve "./roles b.sock $me"
    try "./peer seqpacket connect b.sock $view"
    usually 'The caller is the updater, and there are no viewers. Then there is
        nothing to go through, and still it may do both.'
    expect_answers 'nothing yet'
    serve "./roles c.sock $me 0 $me"
    try "./peer seqpacket connect c.sock send 'update $text' receive"
    usually 'The caller is the updater, and is on the list of viewers, too.
        That takes nothing from it. Whom do you look for first?'
    expect_answers "$text"
}

@test "a stranger may do neither" {
    serve "./roles a.sock 0 $((me + 1))"
    try "$caller $view send 'update $text' receive"
    known 'answers: nothing yet*' 'The caller is neither the updater nor a
        viewer. Is only the update forbidden?'
    usually 'The caller is neither the updater nor a viewer.'
    expect_answers 'not allowed' 'not allowed'
}

@test "two at once have each their own role" {
    needs_root
    local updater=$((51000 + RANDOM % 1000)) viewer=$((52000 + RANDOM % 1000))
    serve "./roles a.sock $updater $viewer"
    as=() # the grader can be both
    given 'mkfifo go'
    try "setpriv --reuid=$updater --clear-groups $caller \
send 'update $text' receive wait $view send 'update new' receive <go >first &
          exec 3>go; until [ -s first ]; do sleep 0.01; done
          setpriv --reuid=$viewer --clear-groups $caller $view \
send 'update old' receive; exec 3>&-; wait; cat first"
    known '*old*' 'The viewer could update as well, as long as the updater was
        connected. Ask for each connection, of peer.'
    known "answers: not allowed; not*" 'Both were refused. Whose uid do you
        compare? It is not that of the server: getuid(2).'
    usually 'One caller is the updater, and the other a viewer. The role is
        found out for each connection, of peer.'
    expect_answers "$text" 'not allowed' "$text" "$text" new
    try "setpriv --reuid=$viewer --clear-groups $caller \
send 'update late' receive"
    usually 'The updater has gone, and a viewer has come. Its descriptor has
        perhaps the number that the one before had. Keep nothing by it.'
    expect_answers 'not allowed'
}

@test "root has no role that it was not given" {
    needs_root
    serve "./roles a.sock $me $((me + 1))"
    act_as 0 # the caller is root
    try "$caller $view send 'update $text' receive"
    known "*$text*" 'Root may do everything on this machine, but it is not the
        updater here.'
    usually 'The caller is root, and is neither the updater nor a viewer. Do
        you look behind the end of the viewers? What is there is 0.'
    expect_answers 'not allowed' 'not allowed'
}
