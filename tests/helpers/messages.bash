# messages.bash - for the tests whose name is a message of README's table
# shellcheck shell=bash

# in_lesson LESSON: from here on, the programs are those of this lesson
in_lesson() {
    lesson=$1 bin=$PROGRAMS/$1
}

# message [WORD=VALUE...]: this test's name, with the words replaced
message() {
    local text=$BATS_TEST_DESCRIPTION each
    for each in "$@" PATH=a.sock; do
        text=${text//"${each%%=*}"/"${each#*=}"}
    done
    echo "$text"
}

# expect_message STATUS [WORD=VALUE...]: the last `run` said it
expect_message() { expect_run "$1" "$(message "${@:2}")"; }

# expect_logged [WORD=VALUE...]: the server's log says it next
expect_logged() { read_log && expect_equal "$(message "$@")" "$line"; }

# unprivileged COMMAND [ARG...]: as a user whom file modes hold. It runs what
# is in this folder, since it may not be able to enter others.
unprivileged() {
    timeout "$limit" "${ordinary[@]}" "$@"
}

# copy_programs NAME...: for unprivileged
copy_programs() {
    chmod 755 .
    cp "${@/#/"$bin/"}" .
}

# end_peer: what `start` has started ends now, and closes its socket
end_peer() {
    close_orders
    wait "$started" || true
}
