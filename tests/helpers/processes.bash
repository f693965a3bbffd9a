# processes.bash - a process and what it has started, as /proc has them
# shellcheck shell=bash

# children_of PID: their pids, zombies too; none if PID is gone
children_of() {
    # shellcheck disable=SC2005,SC2046 # without the space at the end
    echo $(cat "/proc/$1/task/$1/children" 2>/dev/null || true)
}

# is_running PID: it has not ended; for kill -0, a zombie would not have
is_running() {
    local line
    read -r line <"/proc/$1/stat" && [[ $line != *') Z '* ]]
} 2>/dev/null # it may be gone

# is_asleep PID: it waits for something
is_asleep() { [[ $(<"/proc/$1/stat") == *') S '* ]]; }

# kill_tree SIGNAL PID: and first whatever it started
kill_tree() {
    local child
    for child in $(children_of "$2"); do
        kill_tree "$1" "$child"
    done
    kill "-$1" "$2" 2>/dev/null || true # it may be gone by itself
}
