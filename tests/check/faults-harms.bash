# faults-harms.bash - for faults: what can happen to a server. Each function
# takes how often as its last operand, and fails with a line that says why.
# shellcheck shell=bash

# --- faults that a server survives

killed_in_mid_message() {
    margin=256
    crowd "$1" send hel die
}

# Lesson 04's server sends nothing that could be left unread.
closed_with_unread_input() { clients "$1" send hello readable; }

# Of a client that only connects, lesson 02's server hears nothing.
left_at_once() {
    if [[ $type == datagram ]]; then
        clients "$1" send hello
    else
        clients "$1"
    fi
}

one_byte_at_a_time() {
    local replies
    if [[ $reply ]]; then
        replies=$(clients "$1" send h receive send e receive send l receive \
            send l receive send o receive) || return
    else
        forget_output || return
        clients "$1" send h send e send l send l send o shutdown end &&
            replies=$(taken) || return
    fi
    expect 'all replies' "$(repeat "$1" "${reply:-hello}")" "${replies//$'\n'/}"
}

repeat() { yes "$2" | head -n "$1" | tr -d '\n'; }

# 250 at a time, who send until the server takes no more. Meanwhile it serves
# others. Lesson 02's takes everything, and drops replies when a client's queue
# is full. What waits there fills its own send buffer: 20 clients at a time.
never_reads() {
    local left crowd batch=250 flood=(fill)
    margin=1024 # one for each client: malloc(3) keeps more at times, or less
    if [[ $type == datagram ]]; then
        batch=20 # not connected: else only the send buffer is a limit
        mapfile -t flood < <(yes $'sendto\na.sock\nhello' | head -n 60)
    fi
    for ((left = $1; left > 0; left -= batch)); do
        (
            [[ $type != datagram ]] || contact=(bind '')
            crowd "$batch" "${flood[@]}" print full wait
        ) <orders >answers &
        crowd=$!
        exec {orders}>orders
        wait_until has_lines "$batch" answers && serves || return
        exec {orders}>&-
        wait "$crowd" || return
    done
}

has_lines() {
    local lines=()
    mapfile -t lines <"$2"
    ((${#lines[@]} == $1))
}

# All wait in the queue, the server waits with them, and then serves all.
# Lesson 02's accepts nobody.
descriptor_table_full() {
    local crowd before used steps=(receive)
    margin=256
    if [[ -z $reply ]]; then
        steps=(shutdown end)
        forget_output || return
    fi
    : >said
    prlimit --pid "$server" --nofile=3:
    clients 1 || return # for whom accept(2) had a descriptor already
    crowd "$1" send hello print sent "${steps[@]}" >answers &
    crowd=$!
    wait_until has_lines "$1" answers &&
        wait_until grep -q 'accept a client: Too many open files' said || return
    before=$(ticks)
    sleep 0.3 # what it does with this time is the question
    used=$(($(ticks) - before))
    ((used <= 3)) || complain "busy for $used of 30 ticks" || return
    prlimit --pid "$server" --nofile="$(ulimit -n)":
    wait "$crowd" || complain 'not all clients ended in order' || return
    if [[ $reply ]]; then
        expect 'replies' "$1" "$(grep -cxF "$reply" answers)"
    else
        expect 'its output' "$(repeat "$1" hello)" "$(taken)"
    fi
}

# For servers with a process for each client: it drops them, and says so.
fork_refused() {
    : >said
    "${as[@]}" prlimit --pid "$server" --nproc=1:
    clients "$1" end || return
    "${as[@]}" prlimit --pid "$server" --nproc="$(ulimit -Hu)":
    expect 'lines in its log' "$1" "$(grep -cxF \
        'server: fork for a client: Resource temporarily unavailable' said)"
}

# --- the storm: signals interrupt every call, and stop who is running

# storm COUNT: 1 MiB passes so many times, both sides interrupted
storm() {
    local passing interrupted
    pass "$1" &
    passing=$!
    stop_and_continue "$passing" &
    wait "$passing" || return
    wait $! || return
    interrupted=$(od -An -tu8 interrupted)
    note=", $((interrupted)) calls interrupted"
    ((interrupted >= $1)) || complain 'too few'
}

# pass COUNT: a client, interrupted, sends 1 MiB; all comes back as expected.
# Lessons 02 and 03 print with stdio(3), which gives up when a write(2) is
# interrupted: into a file none is. For their operands, 1 MiB each time, bash
# would take as long as all else, and sh does not.
pass() {
    local left
    if ((${#messages[@]} > 0)); then
        # shellcheck disable=SC2016 # the inner shell's
        exec sh -c 'left=$1 expected=$2 storm=$3
            shift 3
            while [ "$left" -gt 0 ]; do
                LD_PRELOAD=$storm "$@" >got && cmp "$expected" got || exit
                left=$((left - 1))
            done' - "$1" "$expected" "$storm" "$client" "$operand" \
            "${messages[@]}"
    fi
    for ((left = $1; left > 0; left--)); do
        if [[ $reply ]]; then
            LD_PRELOAD=$storm "$client" "$operand" <"$big" | cmp "$expected" -
        else
            LD_PRELOAD=$storm "$client" "$operand" <"$big" &
            head -c 1M <&"$output" | cmp "$expected" - && wait $!
        fi 2>errors || complain "$(cat errors)" || return
    done
}

# stop_and_continue PID: until PID ends, SIGSTOP and SIGCONT in turn for the
# server, its children, and the children of PID
stop_and_continue() {
    local pid pids children=() last=$((SECONDS + 10 * limit))
    while is_running "$1"; do
        ((SECONDS < last)) || kill_tree KILL "$1"
        pids=("$server")
        for pid in "$server" "$1"; do
            read -ra children <"/proc/$pid/task/$pid/children" || true
            pids+=("${children[@]}")
        done
        for pid in "${pids[@]}"; do
            kill -STOP "$pid"
            pause 0.001
            kill -CONT "$pid" || true
        done
    done 2>/dev/null # some end in the meantime
}

# --- the end of servers, and their start

killed_and_restarted() {
    local left
    for ((left = $1; left > 0; left--)); do
        start_server && serves || return
        end_server KILL
    done
    start_server && serves && ends_in_order
}

# At a random moment, while clients send all the time. It ends in order, and
# they with status 1.
terminated_under_load() {
    local left pids out=/dev/null
    : >ended
    for ((left = $1; left > 0; left--)); do
        start_server || return
        pids=()
        for _ in 1 2 3; do
            send_on </dev/zero >/dev/null 2>>reasons &
            pids+=($!)
        done
        wait_until have_sockets "${pids[@]}" || return
        pause "0.0$((RANDOM % 2))$((RANDOM % 10))"
        ends_in_order && wait_until is_free || return
    done
    wait_until has_lines $((3 * $1)) ended || return # none is left hanging
    expect 'clients that ended with status 1' $((3 * $1)) \
        "$(grep -cx 1 ended)"
}

# send_on: one client after another, until one fails; its status goes to ended
send_on() {
    local status=0
    while ((status == 0)); do
        "$client" "$operand" "${load[@]}" || status=$?
    done
    echo "$status" >>ended
}

# have_sockets PID...: the client that each runs has opened its socket
have_sockets() {
    local pid client
    for pid in "$@"; do
        read -r client <"/proc/$pid/task/$pid/children" || true
        [[ -S /proc/$client/fd/3 ]] || return
    done
}

# is_free: no child that is about to end has a copy of the lock any more
is_free() { [[ $operand != a.sock ]] || flock --nonblock a.sock.lock true; }

# With a stale file at the path, where there are files.
one_of_16_serves() {
    local left i pid pids gate
    mkfifo gate
    exec {gate}<>gate
    start_server || return
    for ((left = $1; left > 0; left--)); do
        end_server KILL
        : >said
        pids=()
        for i in {1..16}; do
            read -r -u "$gate" && exec "$program" "$operand" >"$out" 2>>said &
            pids+=($!)
        done
        printf '%16s' '' | tr ' ' '\n' >&"$gate" # now all begin
        wait_until has_lines 16 said &&
            expect 'how many serve' 1 "$(grep -cxF "$listening" said)" &&
            expect 'how many do not' 15 "$(grep -cxF "$in_use" said)" &&
            wait_until one_runs || return
        for pid in "${pids[@]}"; do
            [[ $pid != "$server" ]] || continue
            exit_status "$pid"
            expect 'the status of the others' 1 "$status" || return
        done
        serves || return
    done
    ends_in_order
}

# one_runs: only one of $pids has not ended: $server
one_runs() {
    local pid count=0
    for pid in "${pids[@]}"; do
        if is_running "$pid"; then
            server=$pid
            count=$((count + 1))
        fi
    done
    ((count == 1))
}

# --- a lock that cannot be made, or a socket

# cannot_start CALL REASON COUNT: says so each time, and the folder disk,
# where it tries, remains as it was
cannot_start() {
    local before
    before=$(contents)
    expect 'what it said' "$3 ${program##*/}: $1: $2, $3 status 1" "$(
        cd disk
        # shellcheck disable=SC2016 # the inner shell's
        timeout "$limit" "${as[@]}" bash -c 'for ((i = 0; i < $1; i++)); do
            "$2" a.sock
            echo "status $?"
        done' - "$3" "$program" 2>&1 |
            sort | uniq -c | sed 's/^ *//' | paste -sd, | sed 's/,/, /'
    )" && expect 'the folder' "$before" "$(contents)"
}

contents() { stat -c '%n %A %U %i %s %y %z' disk disk/* && cksum disk/p*; }

# as_ordinary_user: servers and clients from now on, in a folder of theirs
as_ordinary_user() {
    mkdir -p ordinary
    chmod 777 ordinary
    cd ordinary || return
    if ((EUID == 0)); then
        as=(setpriv --reuid=12345 --regid=12345 --clear-groups)
        cp "$program" "$peer" .
        program=$PWD/${program##*/} peer=$PWD/peer
    fi
}

# make_folder [MOUNT-OPTIONS]: disk, with a file in it, and nothing else
make_folder() {
    if [[ -d disk ]]; then
        umount disk 2>/dev/null || chmod 755 disk
        rm -r disk
    fi
    mkdir disk
    if [[ ${1:-} ]]; then
        mount -t tmpfs -o "$1" faults disk
    fi
    chmod 777 disk
    echo precious >disk/precious
}

# leave_stale_socket: in disk, and its lock, as a server that SIGKILL ends
leave_stale_socket() {
    (cd disk && start_server && end_server KILL && rm said)
}

# fill_up: until disk has no room for one more file
fill_up() {
    local i=0
    while touch "disk/$i"; do
        i=$((i + 1))
    done 2>/dev/null
}
