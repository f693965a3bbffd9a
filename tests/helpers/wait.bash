# wait.bash - until something happens, and no longer than $limit seconds
# shellcheck shell=bash

# wait_until COMMAND [ARG...]: until it succeeds. It is tried after 10 ms, 20,
# 40, 80, and then every 100: most waits are short, and what is late should
# not be kept from the processor by those who wait for it.
wait_until() {
    local begin=$SECONDS pauses=(0.01 0.02 0.04 0.08) tries=0
    until "$@"; do
        ((SECONDS - begin < limit)) || {
            echo "not in $limit seconds: $*"
            return 1
        }
        sleep "${pauses[tries++]:-0.1}"
    done
}
