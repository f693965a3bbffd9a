#!/usr/bin/env bats
#
# Grades 04-abstract/exercises/3-squatter.c.
# The starter fails at: a server of another user is refused

load ../../helpers/exercises

name=vault.$RANDOM$RANDOM # all users of a machine share the abstract names
other=$((me + RANDOM % 1000 + 1))

# serve_one: a server that counts what its first client sends
serve_one() {
    serve "./peer stream bind @$name listen tell 'listening on @$name' \
accept drain"
}

# expect_refusal SERVER EXPECTED: it was said, with both uids, and nothing was
# sent
expect_refusal() {
    local ended=$status
    finish
    status=$ended
    usually 'It is too late to ask when something was sent. Whom one talks to
        is known as soon as connect(2) has returned.'
    if ((status == 0)) && [[ -s errors ]]; then
        usually 'It is said, and then all is sent in spite of it. errx(3)
            says it and ends the program.'
    elif ((status == 0)); then
        usually 'All was sent to somebody who is not the expected user. Who
            is it? Your own uid is no answer, and a gid is shared by others.
            Compare the uid that SO_PEERCRED brings with the expected one.'
    fi
    expect 'bytes that the server got' 0 "$(<said)"
    usually 'Nothing was sent, but the status says that all went well.'
    expect_status 1
    usually 'The line is to name the uid of the server, and then the uid that
        was expected.'
    expect_errors "\<$1\>.*\<$2\>"
}

@test "the right server gets everything" {
    given 'head -c 1M /dev/urandom >secret'
    serve "./peer stream bind @$name listen tell 'listening on @$name' \
accept copy >got"
    try "./squatter $name <secret"
    known '*belongs to uid*' 'It is your own server. Did you compare its uid,
        or another member of struct ucred? It has a pid and a gid, too.'
    usually 'The server is of the user who runs squatter, and no USER is
        given: everything is to be sent.'
    expect_status 0
    finish
    expect 'checksum of the bytes' "$(cksum <secret)" "$(cksum <got)"
}

@test "USER may be a number" {
    serve_one
    try "echo secret | ./squatter $name $me"
    usually "The server's uid is $me, and that is expected."
    expect_status 0
    finish
    expect 'bytes that the server got' 7 "$(<said)"
}

@test "a server of another user is refused" {
    serve_one
    try "echo secret | ./squatter $name $other"
    expect_refusal "$me" "$other"
}

@test "USER may be a name" {
    ((me != 0)) || skip 'root is you'
    serve_one
    try "echo secret | ./squatter $name root"
    expect_refusal "$me" 0
}

@test "a squatter is refused, though you are the one who is expected" {
    needs_root
    act_as "$other" "$me"
    serve_one # as another user, of the same group
    act_as "$me"
    did[0]="as uid $other: ${did[0]}"
    try "echo secret | ./squatter $name"
    expect_refusal "$other" "$me"
}

@test "an unknown user is an error" {
    serve_one
    try "echo secret | ./squatter $name nobody.has.this.name"
    usually 'uid_of ends us for such a user.'
    expect_status 1
    expect_errors nobody.has.this.name
}
