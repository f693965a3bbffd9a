#!/usr/bin/env bats
#
# Lesson 06: who calls, as the kernel knows it, and who may.
# on: 06-creds/server
# also: 06-creds/client

load helpers/helpers
load helpers/admission
load helpers/usage

same="server: pid * uid $EUID (*) gid * (*): allowed, same user"

@test "the user who started the server is admitted, and lines echoed" {
    start_server a.sock
    run --separate-stderr client a.sock <<<$'this is a line\n\nthe last'
    expect_run 0 $'> this is a line\n> \n> the last'
    expect_log "$same"
}

@test "a last line without its end is echoed as it is" {
    start_server a.sock
    printf 'one\ntwo' >a
    client a.sock <a >got
    expect_equal $'> one\n> two.' "$(cat got; echo .)"
}

@test "lines that arrive in pieces are echoed in pieces, each marked once" {
    start_server a.sock
    run peer stream connect a.sock send he receive send $'llo\nyou' receive \
        shutdown receive
    expect_run 0 $'> he\nllo\n> you'
}

@test "4 MiB of empty lines come back, each marked" {
    start_server a.sock
    head -c 4M /dev/zero | tr '\0' '\n' >a
    client a.sock <a >b
    sed 's/^/> /' a | cmp - b
}

@test "the log line names the pid, uid and gid of the caller" {
    start_server a.sock
    "$bin/client" a.sock </dev/null 3>&- &
    expect_log "server: pid $! uid $EUID ($(id -un 2>/dev/null || echo no name)) gid $(id -g) ($(id -gn 2>/dev/null || echo no name)): allowed, same user"
}

@test "a client that leaves with its answer unread has one line in the log" {
    start_server a.sock
    peer stream connect a.sock send hello readable
    wait_until has_no_children "$server"
    expect_log "$same"
    kill "$server"
    expect_equal '' "$(cat <&"$log")"
}

@test "the client says who the server is" {
    start_server a.sock
    run --separate-stderr client a.sock </dev/null
    expect_equal "client: the server is pid $server, uid $EUID ($(id -un 2>/dev/null || echo no name))" \
        "$stderr"
}

@test "the client names the server's user, not its own" {
    open_folder
    start_server_of 1 a.sock
    call_as 2 2 none
    expect_like "client: the server is pid $server, uid 1 ($(id -un 1))"* \
        "$stderr"
}

@test "another user is refused" {
    open_folder
    start_server a.sock
    call_as 12345 12345 none
    expect_refusal 'another user'
    call_as 12345 0 0,1,2
    expect_refusal 'another user'
}

@test "two users without a name are not the same one" {
    open_folder
    start_server_of 12345 a.sock
    call_as 12346 12346 none
    expect_refusal 'another user'
    call_as 12345 12345 none
    expect_admission 'same user'
}

@test "root is refused when the server is not root's" {
    open_folder
    start_server_of 12345 a.sock
    call
    expect_refusal 'another user'
    call_as 12345 12345 none
    expect_admission 'same user'
}

@test "the user who started a server with another effective user is admitted" {
    open_folder
    setpriv --ruid=12345 ./server a.sock 2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log 'server: listening on a.sock'
    call
    expect_refusal 'another user'
    call_as 12345 12345 none
    expect_admission 'same user'
}

@test "uid 65534, which stands for any unmapped user, is never the same" {
    open_folder
    start_server_of 65534 a.sock
    call_as 65534 65534 none
    expect_refusal 'unknown in our namespace'
    end_server TERM
    start_server a.sock bin
    call_as 65534 2 none # a member, whoever it is
    expect_refusal 'unknown in our namespace'
}

@test "a caller whose pid our namespace lacks is refused" {
    open_folder
    unshare --pid --fork true || skip "may not make a pid namespace"
    unshare --pid --fork --kill-child ./server a.sock 2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log 'server: listening on a.sock'
    call
    expect_refusal 'unknown in our namespace'
}

@test "the log names user and group, each by its own name" {
    open_folder
    start_server a.sock
    for ids in '4 5' '5 4'; do # sync, tty, games and adm
        read -r uid gid <<<"$ids"
        user=$(id -un "$uid") group=$(getent group "$gid" | cut -d: -f1)
        call_as "$uid" "$gid" none
        expect_log "server: pid * uid $uid ($user) gid $gid ($group): *"
    done
}

@test "a user or a group without a name is logged as such, on both sides" {
    open_folder
    start_server_of 12345 a.sock
    call_as 12345 54321 none
    expect_log 'server: pid * uid 12345 (no name) gid 54321 (no name): allowed, *'
    expect_equal "client: the server is pid $server, uid 12345 (no name)" \
        "$stderr"
}

@test "an id above 2,147,483,647 is logged as it is, on both sides" {
    open_folder
    start_server_of 4000000000 a.sock
    call_as 4000000000 3000000000 none
    expect_log 'server: pid * uid 4000000000 (*) gid 3000000000 (*): allowed, *'
    expect_equal "client: the server is pid $server, uid 4000000000 (no name)" \
        "$stderr"
}

@test "who has gone by then is judged as it was when it connected" {
    start_server a.sock "$(id -gn)"
    stop_server
    peer stream connect a.sock send hello
    kill -CONT "$server"
    expect_log "server: pid * uid $EUID (*) gid * (*): allowed, member of $(id -gn)"
}

@test "-g without a group, or without a path, is wrong usage" {
    usage='usage: server [-g GROUP] PATH [GROUP...]'
    expect_wrong_usage "$usage" server -g
    expect_wrong_usage "$usage" server -g "$(id -gn)"
}

@test "an option behind the path is a group's name" {
    run program server a.sock -h
    expect_run 1 "server: group '-h' does not exist"
    run program server a.sock -g "$(id -gn)"
    expect_run 1 "server: group '-g' does not exist"
}

@test "without -g the socket file has mode 666, whatever the umask" {
    for mask in 000 022 077 777; do
        (umask "$mask" && exec "$bin/server" "$mask.sock" 2>log 3>&-) &
        read -r _ <log
        expect_equal '666' "$(stat -c %a "$mask.sock")"
    done
}

@test "with -g the socket file has mode 660 and the group" {
    start_server -g "$(id -gn)" a.sock
    expect_equal "660 $(id -gn)" "$(stat -c '%a %G' a.sock)"
    end_server TERM
    needs_root
    start_server -g daemon a.sock
    expect_equal '660 daemon' "$(stat -c '%a %G' a.sock)"
}

@test "with -g the file system keeps others out, before the server is asked" {
    open_folder
    start_server -g daemon a.sock daemon bin
    call_as 12345 2 none # in bin, so the server would admit it
    expect_equal 'status 1: client: connect a.sock: Permission denied' \
        "status $status: $stderr"
    call_as 12345 1 none
    expect_admission 'member of daemon'
}

@test "a group that one may not give leaves no socket file" {
    ((EUID != 0)) || open_folder
    cp "$bin/server" .
    run "${ordinary[@]}" timeout "$limit" ./server -g daemon a.sock
    expect_run 1 'server: chown a.sock: Operation not permitted'
    expect_nothing_at a.sock
}

@test "mode and group are final before the server listens" {
    needs strace
    strace -qqo trace -e signal=none \
        -e trace=umask,bind,chown,lchown,fchownat,chmod,listen \
        "$bin/server" -g "$(id -gn)" a.sock 2>log 3>&- &
    read -r _ <log
    kill "$(children_of $!)" # the server; strace ends with it
    wait $!
    calls=$(sed 's/(.*//' trace | tr '\n' ' ')
    expect_equal 'umask bind lchown listen ' "$calls"
    expect_like 'umask(0117)*' "$(<trace)"
}

@test "whoever calls while it starts does not get in before the mode is final" {
    open_folder
    needs strace # which makes each of these calls wait for a moment
    local calls='/^(bind|chmod|fchmodat|lchown|fchownat|listen)$'
    strace -qqo trace -e signal=none -e trace="$calls" \
        -e inject="$calls:delay_enter=100000" ./server -g daemon a.sock \
        2>said 3>&- &
    SECONDS=0
    until grep -q listening said || ((SECONDS > limit)); do
        call_as 12345 12345 none
        expect_like 'client: connect a.sock: *' "$stderr"
    done
    expect_equal 'server: listening on a.sock' "$(<said)"
    expect_equal 3 "$(grep -c DELAYED trace)" # bind, lchown, listen
}

@test "no process of it meets SIGPIPE when clients leave" {
    needs strace
    start_traced_server -f -e trace=none -e signal=PIPE
    for _ in {1..20}; do
        peer stream connect a.sock send hello
    done
    run peer stream connect a.sock send hello receive
    expect_run 0 '> hello'
    end_traced_server
    expect_equal '' "$(<trace)"
}

@test "nc -U as a client is served" {
    needs_nc
    start_server a.sock
    run timeout "$limit" nc -NU a.sock <<<hello
    expect_run 0 '> hello'
}

@test "socat as a client is served" {
    needs socat
    start_server a.sock
    run timeout "$limit" socat - UNIX-CONNECT:a.sock <<<hello
    expect_run 0 '> hello'
}

@test "python3 as a client is served, and sees the same credentials" {
    needs python3
    start_server a.sock
    run timeout "$limit" python3 - <<'PYTHON'
import socket, struct
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect("a.sock")
pid, uid, gid = struct.unpack(
    "3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
s.sendall(b"hello\n")
print(pid, uid, s.recv(100).decode(), end="")
PYTHON
    expect_run 0 "$server $EUID > hello"
}

@test "nc -lU as a server serves our client, which says who it is" {
    needs_nc
    timeout --foreground "$limit" nc -lU "$own" <<<welcome >got 3>&- &
    await_listener "$own"
    run --separate-stderr client "$own" <<<hello
    expect_run 0 welcome
    expect_like "client: the server is pid [1-9]*, uid $EUID (*)" "$stderr"
}

# start_refusing_server: it admits members of a group that we are not in
start_refusing_server() { start_server a.sock "$(foreign_group)"; }

@test "a refusal reaches whoever is still sending" {
    needs_nc
    head -c 4M /dev/zero >a
    start_refusing_server
    for _ in {1..30}; do
        timeout "$limit" nc -NU a.sock <<<hello || true
        timeout "$limit" nc -NU a.sock <a || true
    done >got 2>/dev/null
    expect_equal '60 refusals' "$(grep -c '^Unauthorized access$' got) refusals"
}

@test "a client that is refused ends with status 1, whatever it sends" {
    start_refusing_server
    for bytes in 1 6 4194304; do
        run --separate-stderr client a.sock < <(head -c "$bytes" /dev/zero)
        expect_equal 'status 1: Unauthorized access' "status $status: $output"
    done
}

@test "a refused caller that sends on and on is cut off" {
    start_refusing_server
    run --separate-stderr client a.sock </dev/zero
    expect_equal 'status 1: Unauthorized access' "status $status: $output"
}

@test "so is one that never reads" {
    start_refusing_server
    limit=5 run peer stream connect a.sock upload </dev/zero
    expect_like '1 peer: upload: @(Broken pipe|Connection reset by peer)' \
        "$status $output"
}

@test "a refused caller that does not read is cut off after a second" {
    start_refusing_server
    local before=${EPOCHREALTIME/[.,]/}
    start peer stream connect a.sock send hello print here wait
    expect_answer here
    expect_log 'server: * refused, *' # so there is a child by now
    limit=5 wait_until has_no_children "$server"
    local microseconds=$((${EPOCHREALTIME/[.,]/} - before))
    ((microseconds > 900000)) ||
        expect_equal 'a second' "$microseconds microseconds"
}

@test "an admitted caller is served, though nobody reads the log any more" {
    start_server a.sock
    exec {log}<&-
    call
    expect_equal 'status 0: > hello' "status $status: $output"
}

@test "a refusal is one line, and has not one byte more" {
    start_refusing_server
    client a.sock <<<hello >got 2>/dev/null || true
    cmp got - <<<'Unauthorized access'
}
