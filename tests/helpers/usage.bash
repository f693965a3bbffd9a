# usage.bash - what a program says of its own usage, to the byte
# shellcheck shell=bash

# expect_help PROGRAM USAGE: -h prints this line, and all is well
expect_help() {
    status=0
    program "$1" -h >help 2>errors || status=$?
    expect_equal "$2"$'\n'"status 0" \
        "$(cat help; echo "status $status"; cat errors)"
}

# expect_wrong_usage USAGE PROGRAM [WORD...]: it says this line, after what
# getopt(3) may have said of an option
expect_wrong_usage() {
    status=0
    program "${@:2}" >said 2>errors || status=$?
    expect_equal "$1"$'\n'"status 2" \
        "$(sed '/ -- /d' errors; echo "status $status"; cat said)"
}

# expect_help_error PROGRAM: -h that cannot be printed is an error, at the
# end of a line, too, and where there is no standard output
expect_help_error() {
    run bash -c '"$1" -h >&-' - "$bin/$1"
    expect_run 1 "$1: write standard output: Bad file descriptor"
    run bash -c 'stdbuf -oL "$1" -h >/dev/full' - "$bin/$1"
    expect_run 1 "$1: write standard output: No space left on device"
}

# expect_unread_usage SERVER: wrong usage has its status, though nobody reads
# what is said of it
expect_unread_usage() {
    status=0
    unread "$bin/$1" &
    wait $! || status=$?
    expect_equal 2 "$status"
}
