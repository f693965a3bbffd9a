# callers.bash - call the server of whichever lesson a shared file is run on
# shellcheck shell=bash

case $lesson in
01-stream) type=stream reply=hello ;;
02-datagram) type=datagram reply=HELLO ;;
03-seqpacket) type=seqpacket reply=hello ;;
06-creds) type=stream reply='> hello' ;;
esac

message=() # the clients of lessons 02 and 03 take theirs as operands
[[ $lesson == 0[23]-* ]] && message=(hello)

# call PATH STEP...: a client of the server at PATH that does these steps
call() {
    local path=$1
    shift
    if [[ $type == datagram ]]; then
        rm -f me
        set -- bind me "$@"
    fi
    peer "$type" connect "$path" "$@"
}

# expect_service PATH: a server is there, and serves
expect_service() {
    run call "$1" send hello receive
    expect_run 0 "$reply"
}

# trace_client STRACE-OPTION...: our client, which says hello; what strace(1)
# sees of it goes to the file trace.client
trace_client() {
    timeout "$limit" strace -qqo trace.client -e signal=none "$@" \
        "$bin/client" a.sock "${message[@]}" <<<hello
}
