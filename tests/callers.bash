# callers.bash - call the server of whichever lesson a linked file is run for
# shellcheck shell=bash

case $lesson in
01-stream) type=stream reply=hello ;;
02-datagram) type=datagram reply=HELLO ;;
03-seqpacket) type=seqpacket reply=hello ;;
06-creds) type=stream reply='> hello' ;;
esac

# call PATH STEP...: a client of the server at PATH that does these steps
call() {
    local path=$1
    shift
    if [[ $type == datagram ]]; then
        set -- bind me "$@"
    fi
    rm -f me
    peer "$type" connect "$path" "$@"
}

# expect_service PATH: a server is there, and serves
expect_service() {
    run call "$1" send hello receive
    expect_run 0 "$reply"
}
