# helpers.bash - the verbs of the tests
#
# A test file is run on one program, LESSON/PROGRAM, which the variable ON
# names: one of those in the file's line `# on:`. Where that has only one, ON
# may be left out. Each test runs in a folder of its own, so that addresses
# are short and nobody else's. The programs come from the folder $PROGRAMS,
# usually the one above tests/.
# shellcheck shell=bash

# bats notes where it is before each command (trap DEBUG), to say later where a
# test failed. For a test's own commands that is wanted; for all others it was a
# sixth of all work, and more. What comes in line 1, which is also that of the
# trap, is the end of a test whose time is over.
trap - DEBUG # while this is read
# shellcheck disable=SC2016 # it is for the trap that setup sets
note_only_the_test='[[ $FUNCNAME == "$BATS_TEST_NAME" && $LINENO != 1 ]]'
# shellcheck disable=SC2016
note_only_the_test+=' && bats_debug_trap "$BASH_SOURCE"'

bats_require_minimum_version 1.8.0
tests=${BATS_TEST_DIRNAME%/shared} tests=${tests%/commands}
# shellcheck source=tests/helpers/processes.bash
source "$tests/helpers/processes.bash"
# shellcheck source=tests/helpers/programs.bash
source "$tests/helpers/programs.bash"
# shellcheck source=tests/helpers/wait.bash
source "$tests/helpers/wait.bash"

# choose_program: ON is set, to one that the file is for
choose_program() {
    local all file=tests/${BATS_TEST_FILENAME#"$tests/"}
    ! is_for "$BATS_TEST_FILENAME" on "${ON:-none}" || return 0
    mapfile -t all < <(named_in "$BATS_TEST_FILENAME" on)
    [[ -z ${ON:-} && ${#all[@]} == 1 ]] || {
        echo "type ON=LESSON/PROGRAM bats $file, with one of: ${all[*]}"
        exit 1
    } >&2
    ON=${all[0]}
}

choose_program
lesson=${ON%/*}
SERVER=server # which clients and shared tests call
[[ $ON == */*server ]] && SERVER=${ON#*/}
PROGRAMS=${PROGRAMS:-${tests%/*}}
bin=$PROGRAMS/$lesson
own=$$.sock # an address for where the machine's listeners are asked
limit=10 # seconds for anything that is to happen

# No limit and no mode of a file holds root: a command that they are to hold
# begins with these words.
ordinary=()
((EUID != 0)) || ordinary=(setpriv --reuid=12345 --regid=12345 --clear-groups)

setup() {
    # shellcheck disable=SC2064 # it is for all that follows
    trap "$note_only_the_test" DEBUG
    cd "$BATS_TEST_TMPDIR" || return
    mkfifo log
    bats_timer=$! # the only job that we have not started ourselves
}

teardown() {
    local job
    trap - DEBUG
    # what was noted last is where the test was when its time was over
    if [[ -n ${BATS_TIMED_OUT:-} ]]; then
        BATS_DEBUG_LAST_STACK_TRACE_IS_VALID=1
    elif [[ -n $bats_timer ]]; then
        # bats sends it SIGABRT. One that is not yet waiting, after a short
        # test on a busy machine, leaves its sleep(1), for which bats then
        # waits (seen with 1.8.2).
        wait_until is_asleep "$bats_timer"
    fi
    [[ $! != "$bats_timer" ]] || return 0 # the test has started nothing
    for job in $(jobs -p); do
        [[ $job != "$bats_timer" ]] || continue
        kill_tree KILL "$job"
        wait "$job" || true
    done 2>/dev/null # bash would report what SIGKILL ended
}

# --- programs: in the foreground, each ends after $limit seconds; peer later,
# so that nobody waits for something that only its end brings

program() {
    local name=$1
    shift
    timeout "$limit" "$bin/$name" "$@"
}

client() { program client "$@"; }
coprocess() { program coprocess "$@"; }
peer() { "$tests/tools/peer" -t $((2 * limit)) "$@"; }

# python_server TYPE NAME: python3 listens at NAME, which is ours alone (@NAME
# is abstract), accepts a client, c, and does what the standard input says;
# TYPE is STREAM or SEQPACKET
python_server() {
    needs python3
    timeout "$limit" python3 -c 'if True:
        import socket, sys
        kind = getattr(socket, "SOCK_" + sys.argv[1])
        s = socket.socket(socket.AF_UNIX, kind)
        s.bind(sys.argv[2].replace("@", "\0"))
        s.listen()
        c, _ = s.accept()
        exec(sys.stdin.read())' "$1" "$2" <&0 3>&- &
    await_listener "$2"
}

# start_server [ARG...]: a server that listens; $server is its pid. Its
# standard error is for read_log, its standard output is the file out.
start_server() {
    start_silent_server "$@"
    expect_log "$SERVER: listening on *"
}

# start_server_under COMMAND [ARG...]: one at a.sock, which COMMAND becomes
# (env, setpriv, prlimit)
start_server_under() {
    "$@" "$bin/$SERVER" a.sock >out 2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log "$SERVER: listening on a.sock"
}

# unread COMMAND [ARG...]: we become it, and nobody reads its standard error
unread() {
    local reader
    exec {reader}<>log
    exec 2>log {reader}<&- 3>&-
    exec "$@"
}

start_silent_server() {
    "$bin/$SERVER" "$@" >out 2>log 3>&- &
    server=$!
    exec {log}<log
}

# read_log: the next line of the server's standard error, in $line
read_log() {
    IFS= read -r -t "$limit" -u "$log" line || {
        echo "the server's log: no line in $limit seconds, or it has ended"
        return 1
    }
}

# expect_log PATTERN: the next line of the server's log is like this
expect_log() {
    read_log || {
        echo "expected: $1"
        return 1
    }
    expect_like "$1" "$line"
}

# log_has LINE: whether the next line of the server's log is LINE
log_has() { read_log && [[ $line == "$1" ]]; }

# end_server SIGNAL: send it, wait; $status is the server's exit status. What
# its children have yet to say is not for the next one's log.
end_server() {
    kill "-$1" "$server"
    status=0
    wait "$server" 2>/dev/null || status=$?
    exec {log}<&-
    rm -f "$BATS_TEST_TMPDIR/log" # we may be elsewhere
    mkfifo "$BATS_TEST_TMPDIR/log"
}

# stop_server: by SIGSTOP, and now it does nothing until it gets SIGCONT
stop_server() {
    kill -STOP "$server"
    wait_until is_stopped "$server"
}

# start_traced_server STRACE-OPTION...: a server at a.sock that listens, and
# what strace(1) sees of it goes to the file trace, which end_traced_server
# completes
start_traced_server() {
    strace -qqo trace "$@" "$bin/$SERVER" a.sock 2>log 3>&- &
    tracer=$!
    exec {log}<log
    expect_log "$SERVER: listening on a.sock"
    server=$(children_of "$tracer")
}

# stop_traced_server: strace(1) has seen that it stopped
stop_traced_server() {
    kill -STOP "$server"
    wait_until grep -q 'stopped by SIGSTOP' trace
}

end_traced_server() {
    kill "$server" # and strace ends with it
    wait "$tracer"
}

# start COMMAND [ARG...]: in the background, for expect_answer to read, and
# with a standard input that close_orders ends; $started is its pid
start() {
    mkfifo orders answers
    "$@" <orders >answers 2>errors 3>&- &
    started=$!
    exec {orders}>orders {answers}<answers
}

close_orders() { exec {orders}>&-; }

# expect_answer LINE: what the started command prints next
expect_answer() {
    local answer
    IFS= read -r -t "$limit" -u "$answers" answer || {
        echo "expected: $1"
        echo "actual:   nothing in $limit seconds, or the end; it said:"
        cat errors
        return 1
    }
    expect_equal "$1" "$answer"
}

# await_listener NAME: somebody listens on NAME, which is ours alone, as
# all listeners of the machine are asked; no connection is made
await_listener() {
    wait_until grep -q " 00010000 .* $1\$" /proc/net/unix
}

# longest_queue: so many clients wait for accept(2), listen(2) says, where a
# server lets SOMAXCONN of them wait: that many, and one more (measured)
longest_queue() {
    local most
    most=$(</proc/sys/net/core/somaxconn)
    echo $(((most < 4096 ? most : 4096) + 1))
}

# --- what is expected

expect_equal() {
    [[ $2 == "$1" ]] || {
        printf 'expected: %s\nactual:   %s\n' "$1" "$2"
        return 1
    }
}

expect_like() {
    # shellcheck disable=SC2053 # $1 is a pattern
    [[ $2 == $1 ]] || {
        printf 'expected: %s\nactual:   %s\n' "$1" "$2"
        return 1
    }
}

# expect_run STATUS OUTPUT: what the last `run` gave, both streams
expect_run() {
    expect_equal "status $1: $2" "status $status: $output"
}

stat() { LC_ALL=C command stat "$@"; } # it speaks the reader's language

# expect_line GREP-WORD...: grep(1) finds one
expect_line() {
    grep -q "$@" || {
        printf 'expected: a line that grep finds by %s\nactual:   none\n' "$*"
        return 1
    }
}

# expect_no_line GREP-WORD...: grep(1) finds none
expect_no_line() {
    local found
    ! found=$(grep "$@") || {
        printf 'expected: no line that grep finds by %s\n' "$*"
        printf 'actual:   %s\n' "$found"
        return 1
    }
}

# expect_file TYPE FILE: as stat(1) names the type
expect_file() {
    expect_equal "$2: $1" "$(stat -c '%n: %F' "$2" 2>&1)"
}

expect_nothing_at() {
    local path
    for path in "$@"; do
        [[ ! -e $path && ! -L $path ]] ||
            expect_equal "$path: absent" "$(stat -c '%n: %F' "$path")"
    done
}

# --- what a test needs that a machine may not have

needs() {
    command -v "$1" >/dev/null || skip "$1 is not installed"
}

# needs_plain_programs: sanitizers hold memory, and make calls of their own
needs_plain_programs() {
    [[ -z ${SANITIZED:-} ]] || skip 'the programs are sanitized'
}

needs_nc() {
    [[ $(nc -h 2>&1) =~ -[0-9A-Za-z]*U ]] || skip "no nc that knows -U"
}

needs_root() {
    ((EUID == 0)) || skip "needs root, to be other users"
}

# --- what a process holds

# cpu_of PID: the processor time it has used, in ticks of 10 ms
cpu_of() {
    local fields
    read -ra fields <"/proc/$1/stat"
    echo $((fields[13] + fields[14]))
}

# busy_of PID: the microseconds that it has run, or waited for a processor
busy_of() {
    local ran=0 waited=0
    read -r ran waited _ <"/proc/$1/schedstat"
    echo $(((ran + waited) / 1000))
}

# sleeps_in SECONDS PID: for a fifth of this time, at least
sleeps_in() {
    local busy
    busy=$(busy_of "$2")
    sleep "$1" # what it does with this time is the question
    busy=$(($(busy_of "$2") - busy))
    awk -v busy="$busy" -v time="$1" 'BEGIN {exit busy > 8e5 * time}'
}

# expect_idle SECONDS PID: it uses 2 ticks of processor time at most. Nor does
# it always want more, which on a busy machine it may not get.
expect_idle() {
    local before after
    before=$(cpu_of "$2")
    sleeps_in "$1" "$2" || sleeps_in "$1" "$2" || {
        echo "expected: that it sleeps for some of $1 seconds"
        echo 'actual:   it wants to run all the time'
        return 1
    }
    after=$(cpu_of "$2")
    ((after - before <= 2)) || {
        echo "expected: at most 2 ticks in $1 seconds"
        echo "actual:   $((after - before))"
        return 1
    }
}

# flags_of DESCRIPTOR...: of ours, which whoever inherits them can change, too
flags_of() {
    local each
    for each in "$@"; do
        awk '/^flags/ {print $2}' "/proc/self/fdinfo/$each"
    done
}

descriptors_of() {
    local descriptors=("/proc/$1/fd"/*)
    echo "${#descriptors[@]}"
}

# has_descriptors COUNT PID: so many, and no more
has_descriptors() { (($(descriptors_of "$2") == $1)); }

# has_no_children PID: neither living ones nor zombies
has_no_children() {
    [[ -z $(children_of "$1") ]]
}
