# programs.bash - which lessons and exercises there are, and which tests a
# program has
#
# Test files say it at their top, in comments like these; several lines of a
# kind add up:
#
#     # on: LESSON/PROGRAM...    the file is run once on each of them
#     # also: LESSON/PROGRAM...  the same runs test these, too
#
# These functions work at the top of the repository.
# shellcheck shell=bash

# named_in FILE on|also: the programs that its lines of this kind name
named_in() {
    local line words
    while read -r line && [[ $line == '#'* ]]; do
        [[ $line == "# $2: "* ]] || continue
        read -ra words <<<"${line#*: }"
        printf '%s\n' "${words[@]}"
    done <"$1"
}

# is_for FILE on|also PROGRAM: whether such a line names it
# (It starts no process and has few commands, since each test calls it.)
is_for() {
    local lines
    mapfile -n 20 lines <"$1" # comments at its top have no more
    [[ ${lines[*]} =~ "# $2: "([^$'\n']* )?"$3"[[:space:]] ]]
}

# runs_of FILE: the programs that it is run on, each as a line FILE PROGRAM
runs_of() {
    local program
    while read -r program; do
        echo "$1 $program"
    done < <(named_in "$1" on)
}

# runs_that_test PROGRAM: the same, of all files, those that test PROGRAM.
# A file that tests it besides others needs one run, in PROGRAM's lesson.
runs_that_test() {
    local file
    for file in "${test_files[@]}"; do
        ! is_for "$file" on "$1" || echo "$file $1"
    done
    for file in "${test_files[@]}"; do
        ! is_for "$file" also "$1" ||
            runs_of "$file" | awk -v lesson=" ${1%/*}/" \
                'index($0, lesson) && !found++'
    done
}
test_files=(tests/*.bats tests/shared/*.bats)

# lesson_folder NUMBER: of lesson 1, or 01, it is 01-stream
lesson_folder() {
    local lessons=(0*-*)
    { [[ $1 =~ ^[0-9]+$ ]] &&
        printf '%s\n' "${lessons[@]}" | grep "^0*$((10#$1))-"; } || {
        echo "there is no lesson $1, only ${lessons[*]}" >&2
        return 1
    }
}

# find_exercise ID: of exercise 01-1, or 1-1, sets $starter, $lesson and $name
# (1-short-writes); status 1 if there is none
find_exercise() {
    local matches
    [[ $1 =~ ^0*([0-9]+)-0*([0-9]+)$ ]] || return
    matches=(tests/starters/"0${BASH_REMATCH[1]}"-*/"${BASH_REMATCH[2]}"-*.c)
    [[ -f ${matches[0]} ]] || return
    starter=${matches[0]} name=$(basename "${matches[0]}" .c)
    lesson=$(basename "$(dirname "$starter")")
}
