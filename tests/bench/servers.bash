# servers.bash - for run: servers, by name, their clients, and what they use
# shellcheck shell=bash

declare -A pids=() # of the servers that run

# start CPU NAME COMMAND...: a server, which listens on NAME.sock by now
start() {
    local cpu=$1 name=$2
    shift 2
    taskset -c "$cpu" "$@" >/dev/null 2>&1 &
    pids[$name]=$!
    # it listens, or, of type 2, is a datagram socket and need not
    until grep -Eq " (00010000 000.|00000000 0002) .* $name.sock$" \
        /proc/net/unix; do
        kill -0 "${pids[$name]}"
        sleep 0.01
    done
}

stop() {
    kill_tree TERM "${pids[$1]}" # some servers leave their children behind
    wait "${pids[$1]}" 2>/dev/null || true
    unset "pids[$1]"
    rm -f "$1.sock"
}

# settle NAME: until its processes for clients have ended (or 5 seconds have
# passed), so that their end slows nobody who comes next
settle() {
    for _ in {1..500}; do
        [[ -n $(children_of "${pids[$1]}") ]] || return 0
        sleep 0.01
    done
}

# load ARGUMENT...: the load generator, on processor 0
load() { taskset -c 0 "$here/load" -t "$time" "$@"; }

# begin_stay ARGUMENT...: a load that stays, and has said so; then end_stay
begin_stay() {
    mkfifo stay ready
    load "$@" <stay >ready &
    staying=$!
    exec 7>stay 8<ready
    rm stay ready
    read -r <&8
}

end_stay() {
    exec 7>&- 8<&-
    wait "$staying"
}

# kernel_memory: in KiB, as far as /proc tells what is whose: all of it
kernel_memory() {
    awk '/^(Slab|KernelStack|PageTables):/ {sum += $2} END {print sum}' \
        /proc/meminfo
}

# resident_memory PID: in KiB, of it and its children; what processes share
# is divided among them (PSS)
resident_memory() {
    local pid
    for pid in "$1" $(children_of "$1"); do
        cat "/proc/$pid/smaps_rollup" 2>/dev/null || true
    done | awk '/^Pss:/ {sum += $2} END {print sum}'
}

# all_of PID: to $all: it, and whatever it and its children have started
all_of() {
    local i children
    all=("$1")
    for ((i = 0; i < ${#all[@]}; i++)); do
        children=()
        read -ra children <"/proc/${all[i]}/task/${all[i]}/children" || true
        all+=("${children[@]}")
    done
} 2>/dev/null # some may be gone

# cpu_time NAME: nanoseconds that its processes have had a processor, each
# thread of each; of those that have ended nothing is known
cpu_time() {
    local all
    all_of "${pids[$1]}"
    all=("${all[@]/%//task}")
    (cd /proc && find "${all[@]}" -name schedstat -exec cat {} +) |
        awk '{sum += $1} END {printf "%.0f\n", sum}' # mawk's %d ends at 2^31
}
