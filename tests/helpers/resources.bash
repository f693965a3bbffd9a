# resources.bash - what a process must not use more and more of
# shellcheck shell=bash

# memory_of PID: in KiB, what it has of its own, not from its file
memory_of() { awk '/^Anonymous:/ {print $2}' "/proc/$1/smaps_rollup"; }

# expect_grown_little BEFORE PID: it had BEFORE KiB, and is still there
expect_grown_little() {
    local now
    now=$(memory_of "$2")
    ((now - $1 < 64)) ||
        expect_equal 'less than 64 KiB more' "$((now - $1)) KiB more"
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
