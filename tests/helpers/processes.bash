# processes.bash - a process and what it has started, as /proc has them
# shellcheck shell=bash

# children_of PID: their pids, zombies too; none if PID is gone
children_of() {
    local children=
    read -r children <"/proc/$1/task/$1/children" || true # it has no newline
    echo "$children"
} 2>/dev/null

# is_running PID: it has not ended; for kill -0, a zombie would not have
is_running() {
    local line
    read -r line <"/proc/$1/stat" && [[ $line != *') Z '* ]]
} 2>/dev/null # it may be gone

has_ended() { ! is_running "$1"; }

# is_in_state LETTER PID: as proc(5) has it for /proc/PID/stat
is_in_state() {
    local line
    read -r line <"/proc/$2/stat" && [[ $line == *") $1 "* ]]
} 2>/dev/null # it may be gone

# is_asleep PID: it waits for something
is_asleep() { is_in_state S "$1"; }

# is_stopped PID: by a signal, for instance SIGSTOP
is_stopped() { is_in_state T "$1"; }

# kill_tree SIGNAL PID: and first whatever it started
kill_tree() {
    local child
    for child in $(children_of "$2"); do
        kill_tree "$1" "$child"
    done
    kill "-$1" "$2" 2>/dev/null || true # it may be gone by itself
}
