# mistakes.bash - planted mistakes: what each is, and how it shows
#
# What `make mistakes` and `make hunt` share. These functions work at the top
# of the repository. A patch in tests/mistakes says in its first line what the
# mistake is, and in its second which test catches it.
# shellcheck shell=bash
# shellcheck source=tests/helpers/trials.bash
source tests/helpers/trials.bash

# title_of PATCH: what the mistake is
title_of() { head -n 1 "$1"; }

# program_in PATCH: the one that it changes, as LESSON/PROGRAM
program_in() { sed -n 's|^+++ b/\(.*\)\.c$|\1|p' "$1"; }

# test_named_in PATCH: as FILE: TEST
test_named_in() { sed -n 's/^Caught by //p; /^---/q' "$1"; }

# only_root_sees PATCH: nobody else can have its test fail, says its head
only_root_sees() { sed '/^--- /q' "$1" | grep -q 'needs root'; }

# plant PATCH COPY: make this mistake in the programs there, and nothing else
plant() { patch -d "$2" -p1 -F0 -s --no-backup-if-mismatch -r - <"$1"; }

# run_for FILE PROGRAM: the program to run it on, so that it tests PROGRAM. A
# file of messages is run once, and goes from lesson to lesson by itself.
run_for() {
    local test_files=("$1") # for runs_that_test
    {
        runs_that_test "$2"
        [[ $1 != */messages* ]] || runs_of "$1"
    } | awk 'NR == 1 {print $2}'
}

# symptom COPY FILE PROGRAM TEST: run this one test on the programs in COPY,
# and print how it fails, as how_it_failed does. The status is 1 if it does
# not; then what is printed says what became of it instead.
symptom() {
    local said
    said=$(test_output "$@") || true
    case $'\n'$said in
    *$'\nnot ok '*) how_it_failed <<<"$said" ;;
    *$'\nok '*' # skip '*) echo "it is skipped: ${said#* # skip }" ;;
    *$'\nok '*) echo 'it passes' ;;
    *$'\n1..0'*) echo 'there is no such test' ;;
    *) echo "bats cannot run it: ${said:-it says nothing}" ;;
    esac
    [[ $'\n'$said == *$'\nnot ok '* ]]
}

# symptom_of PATCH COPY: the symptom of this mistake, which COPY has, by the
# test that the patch names. What depends on a moment may be seen the next
# time: it has to pass three times.
symptom_of() {
    local named file on said status=0
    named=$(test_named_in "$1") file=tests/${named%%: *}
    on=$(run_for "$file" "$(program_in "$1")")
    [[ -n $on ]] || {
        echo "no test of $(program_in "$1") is in $file"
        return 1
    }
    for _ in 1 2 3; do
        said=$(symptom "$2" "$file" "$on" "${named#*: }") && break
    done || status=1
    echo "$said"
    return "$status"
}

# shows SYMPTOM: more than where it is
shows() { grep -q '^    .*[^ ]' <<<"$1"; }

export -f title_of program_in test_named_in only_root_sees plant run_for
export -f symptom symptom_of shows
