# common.bash - what the steps of `make check` share. They run at the top of
# the repository.
# shellcheck shell=bash

set -eu -o pipefail

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

# copy_programs FOLDER: the lessons' sources and the Makefile, to be built
# there and not over the reader's
copy_programs() {
    rm -rf "$1"
    mkdir -p "$1"
    cp --parents Makefile 0*/*.c "$1"
}
