#!/usr/bin/env bats
#
# What `make clean` takes from the lessons' folders, and what it leaves. It
# is no program's promise, so this file is run once.
# on: 01-stream/first

load ../helpers/helpers

# copy_lessons: to the folder copy, with all that make needs
copy_lessons() {
    mkdir -p copy/tests
    cp "$tests/../Makefile" copy
    cp -r "$tests/../"0*-* copy
    cp -r "$tests/tools" copy/tests
}

# list: what is in the lessons' folders
list() { (cd copy && find 0*-* | sort); }

@test "make clean takes programs, sockets, free locks, and transcripts' files" {
    copy_lessons
    make --silent -C copy clean
    list >before
    cp "$bin/server" "$bin/client" copy/01-stream
    cd copy/01-stream
    start_server_here echo.sock
    end_server KILL
    touch notes.txt notes.txt.lock text ../02-datagram/{log,a.log,replies}
    touch ../02-datagram/upper.sock.452 ../04-abstract/{a,b}
    mkfifo quiet fifo.sock.lock
    mkdir shared ../02-datagram/other
    touch shared/a.sock.lock
    peer datagram bind ../02-datagram/upper.sock.453
    cd ../..
    make --silent -C copy clean
    list | diff before -
}

@test "make clean takes whatever a transcript writes to" {
    copy_lessons
    make --silent -C copy clean
    list >before
    for lesson in copy/0*-*; do
        # a redirection; a shell has no =>, but an echo of JavaScript has
        sed -n 's/^\$ //p' "$lesson"/*.md |
            grep -oE '[^=]>>? ?[A-Za-z][A-Za-z._-]*' |
            sed 's/.*> *//' | sort -u | (cd "$lesson" && xargs -r touch)
    done
    make --silent -C copy clean
    list | diff before -
}

@test "make clean leaves a reader's own files, and folders with some" {
    copy_lessons
    make --silent -C copy clean
    touch copy/01-stream/{mine.c,mine.h,mine.md,mine.txt,data,Makefile}
    mkdir copy/01-stream/{shared,mine}
    touch copy/01-stream/shared/mine.c copy/01-stream/mine/mine.c
    mkdir copy/04-abstract/a copy/02-datagram/mine.sock
    echo data >copy/02-datagram/mine.sock.1
    list >before
    make --silent -C copy clean
    list | diff before -
}

@test "make clean leaves a server that runs its socket and its lock" {
    copy_lessons
    make --silent -C copy clean
    cd copy/01-stream
    start_server_here a.sock
    make --silent -C .. clean
    expect_file socket a.sock
    expect_file 'regular empty file' a.sock.lock
    end_server TERM
    make --silent -C .. clean
    expect_nothing_at a.sock a.sock.lock
}

@test "no pattern of make clean fits a file that git tracks" {
    needs git
    git -C "$tests" rev-parse 2>/dev/null || skip "this is no git repository"
    git -C "$tests/.." ls-files '0*-*' >tracked
    mkdir copy
    (cd "$tests/.." && xargs cp --parents -t "$BATS_TEST_TMPDIR/copy" Makefile \
        tests/tools/clean) <tracked
    make --silent -C copy clean
    (cd copy && find 0*-* -type f) | sort | diff <(sort tracked) -
}

# start_server_here PATH: in this folder, which the log is not in
start_server_here() {
    "$bin/server" "$1" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    server=$!
    exec {log}<"$BATS_TEST_TMPDIR/log"
    expect_log "server: listening on $1"
}
