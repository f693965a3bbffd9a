#!/usr/bin/env bats
#
# Grades 04-abstract/exercises/3-squatter.c.
# The starter fails at: your server is refused where another is expected

load ../../helpers/exercises
load otherwise

name=vault.$RANDOM$RANDOM # all users of a machine share the abstract names
other=$((me + RANDOM % 1000 + 1))

# serve_one: a server that counts what its first client sends
serve_one() {
    serve "./peer stream bind @$name listen tell 'listening on @$name' \
accept drain"
}

# meet UID [WHY]: a server of this user, of our group, is refused, as we are
# expected. Where we cannot become that user, a library says that we have.
meet() {
    local user=(setpriv "--reuid=$1" "--regid=$me" --clear-groups)
    did=()
    if [[ -n ${STUDENT:-} ]] && "${user[@]}" true 2>/dev/null; then
        act_as "$1" "$me"
        serve_one
        act_as "$me"
        did[0]="${user[*]} ${did[0]}"
        try "echo secret | ./squatter $name"
    else
        build_otherwise ./squatter
        serve_one
        try "echo secret | PEER_UID=$1 LD_PRELOAD=./otherwise.so ./squatter \
$name"
    fi
    [[ -z ${2:-} ]] || known 'bytes that the server got: [1-9]*' "$2"
    expect_refusal "$1" "$me"
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
    local each
    given 'head -c 1M /dev/urandom >secret'
    serve "./peer stream bind @$name listen tell 'listening on @$name' \
accept copy >got"
    try "./squatter $name <secret"
    for each in "$me" "$(pgrep -P "${background[-1]}")" \
        "$("${as[@]}" id -g)"; do
        known "*belongs to uid $each,*" 'It is your own server. Did you
            compare its uid, or another member of struct ucred? It has a pid
            and a gid, too.'
    done
    known '*belongs to uid*' 'It is your own server, and this is neither its
        uid, nor its pid or gid. If getsockopt(2) has not filled the struct:
        set the size to sizeof the struct before the call, and look at what
        it returns.'
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

@test "your server is refused where another is expected" {
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
    meet "$other"
}

@test "so is one of root, and one whose uid differs by 65536" {
    meet 0 'Root was not expected. Only one uid is right.'
    meet $((me + 65536)) 'A uid has 32 bits. These two differ, but not in the
        lower 16.'
}

@test "an unknown user is an error" {
    serve_one
    try "echo secret | ./squatter $name nobody.has.this.name"
    usually 'uid_of ends us for such a user.'
    expect_status 1
    expect_errors nobody.has.this.name
}
