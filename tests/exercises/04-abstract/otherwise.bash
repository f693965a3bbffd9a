# otherwise.bash - the kernel's answers in the graders of this lesson
# shellcheck shell=bash

# build_otherwise PROGRAM: otherwise.so, for this program; it says why not
build_otherwise() {
    LC_ALL=C readelf -lW "$1" 2>&1 | grep -q INTERP ||
        skip "$1 is linked statically: no library can be put before it"
    "${CC:-cc}" -shared -fPIC "$BATS_TEST_DIRNAME/otherwise.c" \
        -o otherwise.so 3>&- || skip 'no library can be built'
    did+=("cc -shared -fPIC -o otherwise.so \
../../../../tests/exercises/04-abstract/otherwise.c")
    # the sanitizers' library wants to be the first one
    [[ -z ${SANITIZED:-} ]] ||
        export ASAN_OPTIONS=verify_asan_link_order=0
}
