# common.bash - what the steps of `make check` share. They run at the top of
# the repository.
# shellcheck shell=bash

set -eu -o pipefail
# shellcheck source=tests/helpers/wait.bash
source tests/helpers/wait.bash
# shellcheck source=tests/helpers/memory.bash
source tests/helpers/memory.bash
prefer_memory 8 # GiB, as a changed program may write without end
checks=$PWD/tests/check
SKIPPED=77 # the exit status of a step that is not for this machine
limit=30 # seconds for anything that is to happen

# needs_command COMMAND[:PACKAGE]...: each is here, or the step has failed
needs_command() {
    local each missing=()
    for each in "$@"; do
        command -v "${each%:*}" >/dev/null || missing+=("${each#*:}")
    done
    ((${#missing[@]} == 0)) || {
        echo "${0##*/}: needs ${missing[*]}: apt-get install ${missing[*]}" >&2
        exit 1
    }
}

# what_failed LOG: the tests that did, or the end of what a command said
what_failed() { grep -B 1 -A 12 '^not ok' "$1" || tail -n 40 "$1"; }

# copy_programs FOLDER: the lessons' sources and the Makefile, to be built
# there and not over the reader's
copy_programs() {
    rm -rf "$1"
    mkdir -p "$1"
    cp --parents Makefile 0*/*.c "$1"
}

# build_sanitized FOLDER [MISTAKE]: all programs, with each sanitizer that gcc
# has for them, and with this mistake. They end at the first report. The
# runtime is linked statically, so that tests can preload other libraries;
# checked_exit.c says what that is for.
build_sanitized() {
    local flags='-std=c11 -O1 -g -fno-omit-frame-pointer'
    flags+=' -fsanitize=address,undefined -fno-sanitize-recover=all'
    flags+=' -static-libasan -static-libubsan'
    copy_programs "$1"
    [[ -z ${2:-} ]] || patch -s -d "$1" -p1 <"tests/mistakes/$2.patch"
    gcc -O1 -c "$checks/preload/checked_exit.c" -o "$1/checked_exit.o"
    make --silent -C "$1" CC=gcc CPPFLAGS=-D_exit=checked_exit \
        CFLAGS="$flags" LDFLAGS="$(realpath "$1")/checked_exit.o"
}

# expect_no_reports FOLDER: nobody has written a report there. That a thread is
# gone, and no more, is what LeakSanitizer says of a process that a test kills
# while it looks (seen with gcc 12).
expect_no_reports() {
    local each found gone='^==[0-9]+==Unable to get registers from thread [0-9]+\.$'
    while read -r each; do
        [[ ! -s $each ]] || grep -qvE "$gone" "$each" || rm "$each"
    done < <(find "$1" -type f)
    mapfile -t found < <(find "$1" -type f)
    ((${#found[@]} == 0)) || {
        cat "${found[@]}"
        echo "${#found[@]} processes reported something"
        return 1
    }
    echo "no process has reported anything"
}
