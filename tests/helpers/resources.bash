# resources.bash - what a process must not use more and more of
# shellcheck shell=bash

# memory_of PID: in KiB, what it has of its own, not from its file
memory_of() { awk '/^Anonymous:/ {print $2}' "/proc/$1/smaps_rollup"; }

# expect_grown_little BEFORE PID [LIMIT]: it had BEFORE KiB, and still has as
# many, or not LIMIT more; 64, if that is not said
expect_grown_little() {
    local grown limit=${3:-64}
    grown=$(($(memory_of "$2") - $1))
    ((grown < limit)) ||
        expect_equal "less than $limit KiB more" "$grown KiB more"
}

# has_size BYTES FILE
has_size() { (($(stat -c %s "$2") == $1)); }

# expect_streams_kept COMMAND [ARG...]: started without its descriptor 0, 1
# or 2 alone, it makes no socket that takes the place
expect_streams_kept() {
    local stream first
    for stream in 0 1 2; do
        # shellcheck disable=SC2016 # for sh
        timeout "$limit" strace -qqo trace.socket -e signal=none \
            -e trace=socket,socketpair \
            sh -c 'exec "$@" '"$stream>&-" - "$@" >/dev/null 2>&1 || true
        first=$(sed -nE 's/^socket\(AF_UNIX.* = ([0-9]+)$/\1/p
            s/^socketpair\(AF_UNIX.*\[([0-9]+),.*/\1/p' trace.socket |
            head -n 1)
        ((first > 2)) ||
            expect_equal "without $stream: a socket above 2" "${first:-none}"
    done
}

# expect_waits_in_poll TRACE: which has poll(2), sendto and recvfrom; only the
# first waits, and without a limit
expect_waits_in_poll() {
    grep poll "$1" >waits
    expect_no_line -vE ', (-1|NULL, NULL, [0-9]+)\)' waits
    grep -v poll "$1" >moves
    grep -q sendto moves
    grep -q recvfrom moves
    expect_no_line -v MSG_DONTWAIT moves
}
