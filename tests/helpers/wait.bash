# wait.bash - until something happens, and no longer than $limit seconds
# shellcheck shell=bash

# wait_until COMMAND [ARG...]: until it succeeds. It is tried every 20 ms, and
# after a second every 100 ms, as what is late then may never come.
wait_until() {
    local begin=$SECONDS pause=0.02
    until "$@"; do
        ((SECONDS - begin < limit)) || {
            echo "not in $limit seconds: $*"
            return 1
        }
        ((SECONDS - begin <= 1)) || pause=0.1
        sleep "$pause"
    done
}
