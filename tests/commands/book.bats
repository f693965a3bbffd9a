#!/usr/bin/env bats
#
# What `make book` makes of the pages and programs. It is no program's
# promise, so this file is run once.
# on: 01-stream/first

load ../helpers/helpers

# make_book: $book, of pages that hold an HTML line, too; once for this file's
# tests, as it takes a second
make_book() {
    local copy=$BATS_FILE_TMPDIR/copy
    book=$copy/build/book.html
    [[ ! -e $book ]] || return 0
    mkdir -p "$copy/tests"
    cp -r "$tests/../README.md" "$tests/../"0*-* "$copy"
    cp -r "$tests/tools" "$copy/tests"
    echo '<details><summary>Why?</summary>' >>"$copy/README.md"
    "$copy/tests/tools/book"
}

@test "make book without pandoc says which package to install" {
    mkdir path
    ln -s "$(command -v bash)" "$(command -v dirname)" path
    PATH=$PWD/path run bash "$tests/tools/book"
    expect_run 1 'make book needs pandoc: apt-get install pandoc'
}

@test "make book puts every page and program into one file" {
    needs pandoc
    make_book
    for part in README.md $(cd "$tests/.." && echo 0*-*/*.md 0*-*/*.c); do
        grep -q "id=\"$part\"" "$book"
    done
    grep -q '<details open>' "$book"
    grep -q '<pre class="console">' "$book"
    grep -q 'class="sourceCode c"' "$book"
}

@test "the book needs no other file, and no network" {
    needs pandoc
    make_book
    run ! grep -E '<(link|img|iframe)\b|\bsrc=|@import|url\(' "$book"
}
