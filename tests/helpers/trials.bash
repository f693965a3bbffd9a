# trials.bash - run tests on changed copies of programs, until one fails
#
# What a changed program does is unknown: it may hang, or leave processes and
# files behind. These functions end and remove all of it.
# shellcheck shell=bash
# shellcheck source=tests/helpers/processes.bash
source tests/helpers/processes.bash
# shellcheck source=tests/helpers/programs.bash
source tests/helpers/programs.bash

# end_tree PID: and whatever it started; stopped, it cannot start more
end_tree() {
    local child IFS=$' \t\n' # a trap may have come within IFS= read
    kill -STOP "$1" 2>/dev/null || return 0 # it has gone by itself
    for child in $(children_of "$1"); do
        end_tree "$child"
    done
    kill -KILL "$1" 2>/dev/null || true
}

# end_all_in FOLDER: whoever works there; a test that hung may leave some
end_all_in() {
    find /proc/[0-9]*/cwd -lname "${1:?}/*" 2>/dev/null | cut -d / -f 3 |
        xargs -r kill -KILL 2>/dev/null || true
}

# clear_away FOLDER: it, and whoever works there
clear_away() {
    until end_all_in "$1" && rm -rf "$1" 2>/dev/null; do
        : # somebody has just made one more file
    done
}

# open_scratch: TMPDIR is a new folder; when we end, it is cleared away
open_scratch() {
    TMPDIR=$(mktemp -d)
    export TMPDIR
    chmod 711 "$TMPDIR" # tests are other users, too
    trap 'clear_away "$TMPDIR"' EXIT
    trap 'exit 130' INT TERM
}

# keep_tests NAME...: of the test file in the standard input, all but tests of
# other names, whose lines are empty
keep_tests() {
    NAMES=$(printf '%s\n' "$@") awk '
        BEGIN {
            count = split(ENVIRON["NAMES"], names, "\n")
            for (i = 1; i <= count; i++)
                wanted[names[i]]
        }
        /^@test / {
            name = $0
            gsub(/^@test "|" \{$/, "", name)
            other = !(name in wanted)
        }
        other {
            gap = gap "\n"
            other = !/^}/
            next
        }
        {
            printf "%s%s\n", gap, $0
            gap = ""
        }'
}

# bring_tests FOLDER FILE [NAME...]: to FOLDER, for bats to be run there: FILE,
# or its tests of these names, and what they use. bats would read all of FILE,
# twice, to run a single test.
bring_tests() {
    chmod 711 "$1" # tests are other users, too
    mkdir "$1/tests" "$1/tests/shared"
    ln -s "$PWD"/0* "$PWD/README.md" "$1"
    ln -s "$PWD"/tests/{helpers,play,tools} "$1/tests"
    if (($# == 2)); then
        cp "$2" "$1/$2"
    else
        keep_tests "${@:3}" <"$2" >"$1/$2"
    fi
}

# first_failure COPY FILE PROGRAM [NAME]: run these tests, or the one of this
# name, on the programs in COPY until one fails, and print its name; the
# status is 0 if none does. After $silence seconds, bats hangs.
first_failure() {
    local line failed='' status=0 scratch tests log
    scratch=$(mktemp -d) || return # for bats' files, also if it is killed
    bring_tests "$scratch" "$2" ${4:+"$4"}
    exec {log}< <(cd "$scratch" && PROGRAMS=$1 ON=$3 TMPDIR=$scratch LC_ALL=C \
        exec bats "$2" 2>&1 </dev/null)
    tests=$!
    while [[ -z $failed ]]; do
        IFS= read -r -t "${silence:-60}" -u "$log" line || {
            (($? <= 128)) || failed='a test that nothing ends'
            break
        }
        [[ $line != 'not ok '* ]] || failed=${line#not ok * }
    done
    [[ -z $failed ]] || end_tree "$tests"
    wait "$tests" || status=$?
    exec {log}<&-
    clear_away "$scratch"
    echo "$failed"
    return "$status"
}

# run_tests SECONDS COPY FILE PROGRAM [NAME...]: what bats says of these tests,
# or those of these names, on the programs in COPY, in so many SECONDS
run_tests() {
    local scratch
    scratch=$(mktemp -d) || return # for bats' files, also if it is killed
    bring_tests "$scratch" "$3" "${@:5}"
    (cd "$scratch" && PROGRAMS=$2 ON=$4 TMPDIR=$scratch LC_ALL=C \
        timeout "$1" bats "$3" >log 2>&1 </dev/null) || true
    cat "$scratch/log"
    clear_away "$scratch"
}

# test_output COPY FILE PROGRAM NAME: what this one test says on the programs
# in COPY; the status is 0 if it passes
test_output() {
    local log
    log=$(run_tests "${patience:-40}" "$@")
    printf '%s\n' "$log"
    grep -q '^ok ' <<<"$log"
}

# how_it_failed: of what a test has said (test_output), where it fails, and what
# it shows, which begins with "    "; what is long, or comes again, in short
how_it_failed() {
    awk '
        function say(line) {
            if (line == last)
                return
            last = line
            if (length(line) > 300)
                line = substr(line, 1, 300) "..."
            lines[++count] = line
        }
        /^not ok .* # timeout after / {
            limit = $NF
            sub(/s$/, "", limit)
        }
        /^# *\(?in test file/ || /^# *\(?from function/ {
            sub(/.*test file /, "")
            sub(/, line /, ":")
            sub(/[),]$/, "")
            at = $0
            next
        }
        sub(/^# +`/, "") {
            how = $0
            sub(/\047 failed.*/, "")
            say("fails at " at ": " $0)
            sub(/.*\047 failed[, ]*(with )?/, "", how)
            if (how ~ /^status|^expected/)
                say("    " how)
            late = late || how ~ /^status 124/
            next
        }
        sub(/^# ?/, "") {
            say("    " $0)
            late = late || /^actual: .*status 124/
        }
        END {
            if (late)
                say("    (124: it was not over in time, " \
                    "and timeout(1) ended it)")
            if (limit)
                say("    The test is not over after " limit " seconds.")
            for (i = 1; i <= count; i++)
                if (count <= 20 || i == 1 || i > count - 18)
                    print lines[i]
                else if (i == 2)
                    print "    ..."
        }'
}

# For bash -c: functions that were exported to it are its own. Else every shell
# of every test reads them, for a third of the time that it takes to start.
# shellcheck disable=SC2016
keep_functions='export -nf $(compgen -A function)'

# at_once COUNT FUNCTION: call it for each COUNT words of the standard
# input, two at a time for each processor, as many mistakes only make a test
# wait
at_once() {
    # shellcheck disable=SC2016 # for the shell that xargs starts
    xargs -r -n "$1" -P "${JOBS:-$(($(nproc) * 2))}" \
        bash -c "$keep_functions"'; "$@"' - "$2"
}
export -f children_of end_tree end_all_in clear_away keep_tests bring_tests
export -f first_failure run_tests test_output how_it_failed
export -f named_in is_for runs_of runs_that_test
