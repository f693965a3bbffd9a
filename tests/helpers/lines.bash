# lines.bash - take a statement out of a copy of a program: who notices?
#
# What `make without` and `make lines` share. They set $unchanged, a folder
# with programs as they are, built, and may set $caught, a file that
# remembers which test has noticed which statement.
# shellcheck shell=bash
# shellcheck source=tests/helpers/trials.bash
source tests/helpers/trials.bash
export BATS_TEST_TIMEOUT=12 silence=25
ulimit -f $((1 << 20)) # in KiB: what never ends must not fill the disk
ulimit -c 0

# statements_of PROGRAM: as PLACE, KIND and what it says; a declaration is no
# statement, and nothing compiles without it
statements_of() { LC_ALL=C awk -f tests/helpers/statements.awk "$1.c"; }

# source_without PROGRAM PLACE KIND: its source; {} stands for a statement,
# 0 for a flag, and all else stays on its line
source_without() {
    local instead='{}'
    [[ $3 != flag ]] || instead=0
    LC_ALL=C awk -v place="$2" -v instead="$instead" '
        BEGIN {split(place, at, /[:-]/)}
        NR < at[1] || NR > at[3]
        NR == at[1] {printf "%s%s", substr($0, 1, at[2] - 1), instead}
        NR == at[3] {print substr($0, at[4] + 1)}
        NR >= at[1] && NR < at[3] {print ""}' "$1.c"
}

# copy_without COPY PROGRAM PLACE KIND [OPTION...]: the program's lesson, built
# in COPY, where each warning of the compiler is an error; status 1, and the
# first one, if that cannot be
copy_without() {
    local log
    mkdir -p "$1"
    cp -a "$unchanged/Makefile" "$unchanged/${2%/*}" "$1"
    rm -f "$1/$2"
    source_without "${@:2:3}" >"$1/$2.c"
    log=$(LC_ALL=C make -s -C "$1" CPPFLAGS="-Werror ${*:5}" "$2" 2>&1) || {
        grep -m 1 'error:' <<<"$log" || head -n 1 <<<"$log"
        return 1
    }
}

# passes_unchanged FILE PROGRAM NAME: this test, if nothing is taken out. NAME
# is as notice has it; one that is no test's name says nothing against it.
passes_unchanged() {
    local test=("$1" "$2" "${3% (at times)}")
    [[ ! $3 =~ ^(a test that nothing ends|bats ended early) ]] || return 0
    test_output "$unchanged" "${test[@]}" >/dev/null ||
        BATS_TEST_TIMEOUT=60 patience=90 \
            test_output "$unchanged" "${test[@]}" >/dev/null # a busy machine
}

# mistakes_in PROGRAM: each place that a planted one changes, as its line, and
# FILE and NAME of the test that catches it
mistakes_in() {
    local patches=(tests/mistakes/"${1%/*}"/*.patch)
    [[ -f ${patches[0]} ]] || return 0
    awk -v program="$1" '
        FNR == 1 {here = 0}
        /^Caught by / && !here {
            test = substr($0, length("Caught by ") + 1)
            sub(/: /, "\t", test)
        }
        /^\+\+\+ b\// {here = $2 == "b/" program ".c"}
        /^@@ / {
            line = -$2 # "-84,7"
            searching = here
            next
        }
        searching && /^ / {line++}
        searching && /^[-+]/ {
            print line "\ttests/" test
            searching = 0
        }' "${patches[@]}"
}

# likely_first PROGRAM PLACE SAYS: the runs that test PROGRAM, as FILE, PROGRAM
# and NAME, which is empty for all tests. First come single tests that have
# noticed the same statement, here or in another program, that catch a planted
# mistake near it, or that have noticed others of its function; then all tests,
# from the file on that has noticed most. Chapters and traces are left out: they
# see most, need all lessons, and do not say what a statement is for.
likely_first() {
    {
        runs_that_test "$1" | grep -vE '^tests/(chapters|trace)\.bats '
        mistakes_in "$1"
    } | LC_ALL=C awk -F '\t' -v program="$1" -v line="${2%%:*}" -v says="$3" '
        function offer(file, name, points) {
            if (!((file, name) in score))
                order[++count] = file "\t" name
            score[file, name] += points
        }
        BEGIN {split(says, part, ":")}
        FILENAME == "-" && NF == 3 {
            distance = $1 < line ? line - $1 : $1 - line
            if ($2 in on && distance < 15)
                offer($2, $3, 300 - 20 * distance)
            next
        }
        FILENAME == "-" {
            split($0, field, " ")
            file[++files] = field[1]
            on[field[1]] = field[2]
            next
        }
        !($3 in on) || $4 ~ /^(a test that nothing ends|bats ended early)/ {
            next
        }
        $1 == program {noticed[$3]++}
        $2 == says {offer($3, $4, $1 == program ? 1000 : 500)}
        $1 == program && index($2, part[1] ":") == 1 {offer($3, $4, 1)}
        END {
            for (tries = 0; tries < 4; tries++) {
                best = 0
                for (i = 1; i <= count; i++) {
                    split(order[i], field, "\t")
                    if (score[field[1], field[2]] > best) {
                        best = score[field[1], field[2]]
                        which = i
                    }
                }
                if (!best)
                    break
                split(order[which], field, "\t")
                print field[1] "\t" on[field[1]] "\t" field[2]
                score[field[1], field[2]] = 0
            }
            for (; files > 0; files--) {
                which = 0
                for (name in on)
                    if (!which || noticed[name] > noticed[which])
                        which = name
                print which "\t" on[which] "\t"
                delete on[which]
            }
        }' - "${caught:-/dev/null}"
}

# notice COPY PROGRAM PLACE SAYS: the test that fails on the program in COPY, as
# FILE, PROGRAM and NAME; status 1 if none does. It has to fail twice, as on
# a busy machine one may fail by chance, or be late: then it has twice the
# time. One of three that does not is said to fail at times. What it said goes
# to the file $said, if that is set.
notice() {
    local file on name failed attempt at_times seconds
    while IFS=$'\t' read -r file on name; do
        at_times=
        for attempt in 1 2 3; do
            failed=$(first_failure "$1" "$file" "$on" "$name") && break
            ((attempt < 3)) || at_times=' (at times)'
            [[ -n $failed || -n $at_times ]] || continue # bats ended early
            failed=${failed:-bats ended early, and no test failed}
            seconds=$BATS_TEST_TIMEOUT
            [[ $failed != *' # timeout'* ]] || seconds=$((2 * seconds))
            failed=${failed% # timeout*}
            [[ -n $at_times ]] ||
                ! BATS_TEST_TIMEOUT=$seconds test_output "$1" "$file" "$on" \
                    "$failed" >"${said:-/dev/null}" || continue
            [[ -z ${caught:-} ]] || printf '%s\t%s\t%s\t%s\n' \
                "$2" "$4" "$file" "$failed" >>"$caught"
            printf '%s\t%s\t%s\n' "$file" "$on" "$failed$at_times"
            return
        done
    done < <(likely_first "${@:2}")
    return 1
}
export -f statements_of source_without copy_without passes_unchanged
export -f mistakes_in likely_first notice
