#!/usr/bin/env bats
#
# Grades 04-abstract/exercises/1-transfer.c.
# The starter fails at: no file appears

load ../../helpers/exercises

# All users of a machine share the abstract names.
printf -v random '%05d%05d' "$RANDOM" "$RANDOM"

# names_like PART: the abstract names that contain it, as the kernel lists them
names_like() {
    LC_ALL=C grep -ao " @[^ ]*$1[^ ]*" /proc/net/unix | sort -u |
        tr -d ' ' | grep -a . || echo none
}

@test "a file of 1 MiB arrives whole" {
    given 'head -c 1M /dev/urandom >data'
    serve "./transfer -l whole.$random >got"
    try "./transfer whole.$random <data"
    known '*No such file or directory*' 'That is an error of paths: the first
        byte of sun_path is no NUL.'
    usually 'Both sides get their address from address_of. Does size cover
        the name?'
    expect_status 0
    finish
    expect 'checksum of the bytes' "$(cksum <data)" "$(cksum <got)"
}

@test "no file appears" {
    known '*Invalid argument*' 'The address is longer than a struct
        sockaddr_un, or shorter than its family.'
    serve "./transfer -l file.$random"
    known '*./@*' 'The @ in the output of ss(8) and others is not in the name.
        It stands for a byte that cannot be printed: a NUL, 0. With a real @
        at its beginning, this is a path.'
    usually 'A name whose first byte is not a NUL is a path. The NUL comes
        first, in sun_path[0], and the name behind it.'
    expect 'socket file in the folder' none "$(find . -type s | grep . ||
        echo none)"
}

@test "its name is the bytes that you gave, and not one more" {
    local name=$random.exact
    serve "./transfer -l $name"
    did+=("grep @ /proc/net/unix")
    known "*: @$name@" 'There is one NUL at its end, which the kernel prints
        as @. Did you count the NUL that ends a C string? An abstract name has
        its NUL before it, and none behind.'
    known "*: @$name@@*" 'Every byte that the size covers belongs to an
        abstract name. Here the padding, zero bytes, has become a part of it:
        the kernel prints them as @.'
    known "*: @${random%??}*" 'The last bytes are missing. The size covers
        three things: what is before sun_path, the NUL, and the name.'
    known "*: @${name#?}*" 'The NUL has taken the place of the first byte. It
        comes before the name: the name begins at sun_path[1].'
    known '*: @@*' 'Two bytes are before the name, and it is one NUL: the
        first of sun_path.'
    usually 'The kernel prints a NUL as @. The name begins behind the first
        one, and the size says where it ends.'
    expect 'name in /proc/net/unix' "@$name" "$(names_like "${random:1:6}")"
}

@test "the lesson's client and server find it" {
    local name=抽象.$random
    given 'head -c 100000 /dev/urandom >data'
    serve "./transfer -l $name >got"
    try "./client $name <data"
    usually 'Both sides have to name the same bytes: the lesson'\''s client
        takes exactly those that it is given.'
    expect_status 0
    finish
    expect 'checksum of the bytes' "$(cksum <data)" "$(cksum <got)"
    serve "./server other.$name >taken"
    try "./transfer other.$name <data"
    expect_status 0
    wait_until cmp -s data taken ||
        fail_check 'the same bytes in data and taken' "$(cmp data taken 2>&1)"
}

@test "a name of 107 bytes is whole, one of 108 is refused" {
    local name each
    name=$(printf "$random.%0$((106 - ${#random}))d" 0)
    known '*bytes*fit*' '107 bytes fit behind the NUL: sun_path has 108.'
    serve "./transfer -l $name"
    for each in "${name%?}" "${name%?}@"; do
        known "*: @$each" 'The last byte is missing. snprintf(3) is made for
            strings, and keeps a byte for a NUL. None has to follow an
            abstract name, so it may fill sun_path.'
    done
    usually 'An abstract name may fill sun_path to its last byte: all bytes
        are copied, and the size covers them all.'
    expect 'name in /proc/net/unix' "@$name" "$(names_like "$random")"
    try "./transfer -l ${name}0"
    usually 'sun_path has 108 bytes, and the NUL takes one of them.'
    expect_status 1
    expect_errors 108
}
