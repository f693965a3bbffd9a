# wait.bash - until something happens, and no longer than $limit seconds
# shellcheck shell=bash

# wait_until COMMAND [ARG...]: until it succeeds
wait_until() {
    local end=$((SECONDS + limit))
    until "$@"; do
        ((SECONDS < end)) || {
            echo "not in $limit seconds: $*"
            return 1
        }
        sleep 0.01
    done
}
