# faults-servers.bash - for faults: a server, its clients, and what it is to
# have before a fault and after it
# shellcheck shell=bash

# --- a server and its clients

# use LESSON/PROGRAM: it is tested from now on, in a folder of its own
use() {
    local lesson=${1%/*} name=${1#*/}
    server_name=$1 program=$PROGRAMS/$1 client=$PROGRAMS/$lesson/client
    operand=a.sock address=a.sock options=() as=() under=()
    out=/dev/null messages=() load=() expected=$big
    mkdir "$scratch/${1/\//-}"
    cd "$scratch/${1/\//-}" || return
    mkfifo orders
    type=stream reply=hello
    case $lesson in
    02-*) type=datagram reply=HELLO options=(-n 65535) ;;
    03-*) type=seqpacket ;;
    04-*) # which has no file, and writes to standard output, here a FIFO
        reply='' operand=faults.$$ address=@$operand out=out
        mkfifo out
        exec {output}<>out
        ;;
    06-*)
        reply='> hello' expected=$PWD/expected
        sed 's/^/> /' "$big" >expected
        ;;
    esac
    if [[ $lesson == 0[23]-* ]]; then # whose clients take operands
        mapfile -t load < <(yes | head -n 1000)
        mapfile -t messages < <(tr '\n' . <"$big" | fold -w 65535)
        expected=$PWD/expected
        printf '%s\n' "${messages[@]}" |
            awk '{print "Response " NR " : " $0}' >expected
    fi
    contact=(connect "$address")
    [[ $type != datagram ]] || contact=(bind '' "${contact[@]}")
    listening="$name: listening on $address"
    in_use="$name: bind $address: Address already in use"
}

pause() { read -r -t "$1" -u "$never" || true; }

complain() {
    echo "$1"
    return 1
}

# expect WHAT EXPECTED ACTUAL
expect() { [[ $3 == "$2" ]] || complain "$1: expected $2, got ${3:-nothing}"; }

# start_server: by the user $as, under $under; returns when it listens
start_server() {
    : >said
    "${as[@]}" "${under[@]}" "$program" "${options[@]}" "$operand" \
        >"$out" 2>>said &
    server=$!
    wait_until has_begun && expect 'its first line' "$listening" "$line"
}

has_begun() { read -r line <said; }

# end_server SIGNAL: sends it; $status is what the server ends with
end_server() {
    kill "-$1" "$server"
    { wait_until have_ended "$server"; } 2>/dev/null && exit_status "$server"
} # /dev/null is where bash would report a signal

# have_ended PID...: all of them
have_ended() {
    local pid
    for pid in "$@"; do
        ! is_running "$pid" || return
    done
}

# exit_status PID: to $status
exit_status() {
    status=0
    wait "$1" || status=$?
} 2>/dev/null # where bash would report a signal

# ends_in_order: with status 0 and without its file, when told to
ends_in_order() {
    end_server TERM && expect 'the status' 0 "$status" || return
    [[ ! -e a.sock ]] || complain 'its file is still there'
}

# clients COUNT STEP...: so many, one after another, who take these steps
clients() {
    local count=$1
    shift
    timeout "$limit" "${as[@]}" "$peer" -r "$count" "$type" \
        "${contact[@]}" "$@"
}

# crowd COUNT STEP...: so many at once
crowd() {
    local count=$1
    shift
    timeout "$limit" "${as[@]}" "$peer" -p "$count" "$type" \
        "${contact[@]}" "$@"
}

# serves: a new client has its answer. Lesson 04's server sends none, but has
# written everything before it closes the connection.
serves() {
    if [[ $reply ]]; then
        expect 'a new client' "$reply" "$(clients 1 send hello receive)"
    else
        forget_output || return
        clients 1 send hello shutdown end
        expect 'its output' hello "$(taken)"
    fi
}

# taken: all that is in the FIFO out
taken() { dd if=out iflag=nonblock bs=64K 2>/dev/null || true; }

# forget_output: of all clients until now. Lesson 04's server serves one after
# another: when a further one has its end, it has written what they sent.
forget_output() { clients 1 shutdown end && taken >/dev/null; }

# --- the server before and after

descriptors() {
    local each=("/proc/$server/fd"/*)
    echo "${#each[@]}"
}

# memory: in KiB, what the server has of its own, not from its file
memory() { awk '/^Anonymous:/ {print $2}' "/proc/$server/smaps_rollup"; }

# ticks: the processor time that the server has used, in units of 10 ms
ticks() {
    local fields
    read -ra fields <"/proc/$server/stat"
    echo $((fields[13] + fields[14]))
}

is_alone() { [[ -z $(children_of "$server") ]]; }
# has_descriptors COUNT: or fewer, as the last client may not have been gone
has_descriptors() { (($(descriptors) <= $1)); }

# endures FAULT COUNT: a server survives it unchanged
endures() {
    # KiB that may come and go; a fault with many clients at once says more
    local memory descriptors margin=16
    start_server && "$1" $(($2 / 10)) && serves && wait_until is_alone ||
        return
    memory=$(memory) descriptors=$(descriptors)
    "$1" "$2" || return
    is_running "$server" || complain 'it has ended' || return
    serves && wait_until is_alone || return
    wait_until has_descriptors "$descriptors" ||
        complain "descriptors: $descriptors before, $(descriptors) after" ||
        return
    (($(memory) <= memory + margin)) ||
        complain "memory: $memory KiB before, $(memory) after" || return
    ends_in_order
}
