# admission.bash - other users call lesson 06's server: who may come in?
# shellcheck shell=bash

# as_user UID GID GROUPS COMMAND [ARG...]: GROUPS as 1,2,3 or none
as_user() {
    local groups="--groups=$3"
    [[ $3 == none ]] && groups=--clear-groups
    timeout "$limit" setpriv --reuid="$1" --regid="$2" "$groups" "${@:4}"
}

# open_folder: other users run our programs here, and make files
open_folder() {
    needs_root
    chmod 777 .
    cp "$bin/server" "$bin/client" .
}

# start_server_of UID SERVER-ARGUMENT...: a server that this user starts, whose
# group has another number
start_server_of() {
    local uid=$1
    shift
    setpriv --reuid="$uid" --regid=$((uid + 1)) --clear-groups ./server "$@" \
        2>log 3>&- &
    server=$!
    exec {log}<log
    expect_log 'server: listening on *'
}

expect_admission() {
    expect_equal "status 0: > hello" "status $status: $output"
    expect_log "server: pid * uid * (*) gid * (*): allowed, $1"
}

expect_refusal() {
    expect_equal "status 1: Unauthorized access" "status $status: $output"
    expect_equal 'client: recv a.sock: the server closed the connection' \
        "${stderr##*$'\n'}"
    expect_log "server: pid * uid * (*) gid * (*): refused, $1"
}

# call: the client, as we are; call_as: as another user
call() { run --separate-stderr program client a.sock <<<hello; }
call_as() { run --separate-stderr as_user "$@" ./client a.sock <<<hello; }

# foreign_group: one that we are not in
foreign_group() {
    local name gid
    while IFS=: read -r name _ gid _; do
        [[ " $(id -G) " == *" $gid "* ]] || {
            echo "$name"
            return
        }
    done < <(getent group)
}
