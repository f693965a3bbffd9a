# exercises.bash - the verbs of the graders, tests/exercises/LESSON/N-NAME.bats
#
# tests/exercise runs a grader on what a student wrote. Each check does
# something with it, says what is expected, and why that usually fails. The
# first check that fails is explained; those behind it are skipped. What the
# student wrote may hang, crash, fork or write without end: it is confined.
# shellcheck shell=bash

# bats notes where it is before each command, to say later where a test failed.
# What fails here, fail_check says.
trap - DEBUG

bats_require_minimum_version 1.8.0
tests=${BASH_SOURCE[0]%/helpers/*}
# shellcheck source=tests/helpers/wait.bash
source "$tests/helpers/wait.bash"
limit=10 # seconds for anything that is to happen

# act_as UID [GID]: who runs what is tried from now on
act_as() {
    as=(setpriv --reuid="$1" --regid="${2:-$1}" --clear-groups
        --inh-caps=-all --ambient-caps=-all)
}

# As root, tests/exercise runs us as a user who may do nothing but become
# others, and what the student wrote is run as another one, me.
as=() me=${STUDENT:-$EUID}
[[ -z ${STUDENT:-} ]] || act_as "$STUDENT"

# needs_root: this check is for whoever can be other users
needs_root() { [[ -n ${STUDENT:-} ]] || skip 'needs root'; }

# Each check has a folder of its own, with all programs of $PROGRAM_FOLDER.
setup() {
    [[ ! -e $BATS_FILE_TMPDIR/failed ]] || skip 'one before it has failed'
    cd "$BATS_TEST_TMPDIR" || return
    cp "$PROGRAM_FOLDER"/* .
    if [[ -n ${STUDENT:-} ]]; then # that user is to get here, and to make files
        chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" ..
        chmod 777 .
    fi
    trap - DEBUG
    did=() background=() whys=() usual_why=''
}

teardown() {
    local job
    for job in "${background[@]}"; do
        kill "$job" && wait "$job"
    done 2>/dev/null
    [[ -n ${BATS_TEST_COMPLETED:-}${BATS_TEST_SKIPPED:-} ]] ||
        : >"$BATS_FILE_TMPDIR/failed"
}

# confined COMMAND: what a shell makes of it, in this folder and with limits.
# Sanitizers take more memory than there is, and use little of it.
confined() {
    local memory=(-m 1024)
    [[ -z ${SANITIZED:-} ]] || memory=()
    exec "$tests/tools/confine" "${memory[@]}" "$limit" "${as[@]}" \
        bash -o pipefail -c "$1"
}

# --- do something

# given COMMAND: it prepares what follows, and is the grader's own
given() {
    did+=("$1")
    "${as[@]}" bash -c "$1" 3>&-
}

# make_way FILE...: we can write to it, and to nothing else by its name
make_way() {
    local each
    for each in "$@"; do
        if [[ -L $each || -e $each && ! -f $each ]]; then
            rm -rf "$each"
        fi
    done
}

# try COMMAND: it ends. $status is its exit status, that of the first part of
# a pipeline that failed; the files output and errors have what it said. What
# was said before of why it fails is forgotten.
try() {
    did+=("$1") whys=() usual_why='' status=0
    make_way output errors
    (confined "$1") >output 2>errors </dev/null 3>&- || status=$?
}

# measure COMMAND: try it; $cpu is the processor time and $elapsed the time
# that it took, in hundredths of a second
measure() {
    local user system
    try "TIMEFORMAT='%2U %2S %2R'; time $1"
    did[-1]="time $1"
    ((status != 124)) || fail_check 'an end' "$(name_status "$status")"
    read -r user system elapsed < <(tail -n 1 errors | tr -d .)
    sed -i '$d' errors
    cpu=$((10#${user:-0} + 10#${system:-0})) elapsed=$((10#${elapsed:-0}))
}

# begin COMMAND: in the background, until the check ends; the files said and
# log have its standard output and error
begin() {
    did+=("$1 &")
    make_way said log
    : >log
    confined "$1" >said 2>log </dev/null 3>&- &
    background+=($!)
}

# serve COMMAND: the same, and it says on its standard error that it listens
serve() {
    begin "$1"
    known '*: it has ended' 'Your server has ended before it listened.'
    usually 'A server says "listening on ..." when clients can connect. Yours
        waits for something else.'
    await 'listening on' 'a line with "listening on"'
}

# start COMMAND: in the background, until it has said something on its standard
# error, or has ended
start() {
    begin "$1"
    wait_until said_or_over . >/dev/null || {
        usually 'It has not said that it listens, and has not ended. What
            does it wait for?'
        fail_check 'a line on standard error' "$(readable log)"
    }
}

# await_log PATTERN: the background's standard error has such a line
await_log() { await "$1" "a line like \"$1\" on standard error"; }

# await PATTERN EXPECTED: it comes, or what came instead is shown
await() {
    local end=''
    wait_until said_or_over "$1" >/dev/null || true
    ! grep -q -- "$1" log || return 0
    if ! runs; then
        finish
        end=", and $(name_status "$status"): it has ended"
    fi
    fail_check "$2" "$(readable log)$end"
}

said_or_over() { grep -q -- "$1" log || ! runs; }

# runs: whether the last one in the background does
runs() { kill -0 "${background[-1]}" 2>/dev/null; }

# finish: wait until the last one in the background has ended; its $status
finish() {
    status=0
    wait "${background[-1]}" || status=$?
    unset 'background[-1]'
}

# until_waits PID: for try, a loop that ends when this process waits for
# something, or has ended. Until its execve(2) it is bash, which may sleep, too
# (seen on a busy machine).
until_waits() {
    echo "while [ /proc/$1/exe -ef /proc/\$\$/exe ] ||
              grep -qs '^State:.[RD]' /proc/$1/status; do :; done"
}

# word: five letters that nobody knows beforehand
word() { LC_ALL=C tr -dc '[:lower:]' </dev/urandom | head -c 5; }

# --- say why it fails

# usually WHY: what it means, as a rule, if what follows is not as expected
usually() { usual_why=$1; }

# known PATTERN WHY: what it means if the actual answer is like PATTERN;
# these go first, in their order. A pattern is bash's, as *SIGPIPE*, and the
# answer is what is shown behind "actual:".
known() { whys+=("$1" "$2"); }

# --- say what is expected

expect_status() {
    ((status == $1)) ||
        fail_check "status $1" "$(name_status "$status")$(with_errors)"
}

# expect_output TEXT: all of standard output, but for a newline at its end
expect_output() {
    [[ $(tr -d '\0' <output) == "$1" ]] ||
        fail_check "$(readable <(echo "$1"))" "$(readable output)$(
            ((status == 0)) || echo ", and $(name_status "$status")")$(
            with_errors)"
}

# expect_errors PATTERN: standard error has a line like it, as grep(1) takes it
expect_errors() {
    grep -q -- "$1" errors ||
        fail_check "a line like \"$1\" on standard error" \
            "$(readable errors)"
}

# expect WHAT EXPECTED ACTUAL: they are equal
expect() {
    [[ $2 == "$3" ]] || fail_check "$1: $2" "$1: $3"
}

# expect_most WHAT LIMIT ACTUAL: a number that is not larger
expect_most() {
    (($3 <= $2)) || fail_check "$1: at most $2" "$1: $3"
}

# fail_check EXPECTED ACTUAL: the check has failed; it is shown how and why
fail_check() {
    local each label=done: why=$usual_why
    for ((each = 0; each < ${#whys[@]}; each += 2)); do
        # shellcheck disable=SC2053 # it is a pattern
        if [[ $2 == ${whys[each]} ]]; then
            why=${whys[each + 1]}
            break
        fi
    done
    {
        for each in "${did[@]}"; do
            printf '%-9s %s\n' "$label" "$each"
            label=
        done
        printf '%-9s %s\n' expected: "$1" actual: "$2"
        label=why:
        while read -r each || [[ -n $each ]]; do
            printf '%-9s %s\n' "$label" "$each"
            label=
        done < <(xargs -0 <<<"$why" | tr -s ' \n' ' ' | fold -s -w 58)
    } | sed 's/^/| /'
    return 1
}

# --- bytes, statuses and errors, in words

# readable FILE: its bytes, on one line: \n is a newline, \0 a NUL, others
# that cannot be printed are octal
readable() {
    local size text
    text=$(head -c 201 "$1" | LC_ALL=C od -An -v -w1 -c | sed -E \
        's/^   (.)$/\1/; s/^  (\\.)$/\1/; s/^ ([0-7]{3})$/\\\1/' |
        tr -d '\n')
    [[ -n $text ]] || text=nothing
    if [[ -f $1 ]] && size=$(wc -c <"$1") && ((size > 200)); then
        text+="… ($size bytes)"
    fi
    echo "${text%\\n}"
}

# name_status STATUS: as the exit status of confine(1)
name_status() {
    case $1 in
    124) echo "not over after the time that it had (status 124)" ;;
    125) echo 'more files than fit' ;;
    *)
        if (($1 > 128)); then
            echo "ended by SIG$(kill -l $(($1 - 128)))"
        else
            echo "status $1"
        fi
        ;;
    esac
}

# with_errors: the last line that it said on standard error, if it did
with_errors() {
    local last
    last=$(grep -v '^confine: ' errors | tail -n 1)
    [[ -z $last ]] || echo "; it says: $(readable <(echo "$last"))"
}
