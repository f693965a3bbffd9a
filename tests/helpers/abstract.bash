# abstract.bash - for lesson 04, whose server has a name and no path. Names
# live in a place that the whole machine shares, so ours begins with our pid.
# shellcheck shell=bash

name=$$-抽象名前空間

# start_traced STRACE-OPTION...: a server, and strace(1) has its eye on it
start_traced() {
    needs strace
    strace -qqo trace -e signal=none "$@" "$bin/server" "$name" \
        >out 2>log 3>&- &
    exec {log}<log
    expect_log "server: listening on @$name"
}

# trace_sender STRACE-OPTION...: the client, which sends hello; what strace(1)
# sees of it goes to the file trace.client
trace_sender() {
    timeout "$limit" strace -qqo trace.client -e signal=none "$@" \
        "$bin/client" "$name" <<<hello
}
