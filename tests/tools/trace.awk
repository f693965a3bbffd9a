# trace.awk - what strace(1) wrote of each process, as one story; see trace

BEGIN {
    far["server"] = "peer"; far["ends[0]"] = "ends[1]"
    far["peer"] = "server"; far["ends[1]"] = "ends[0]"
}
FNR == 1 {
    side = FILENAME
    gsub(/^.*\/|[.]trace$/, "", side)
    add($1, side == "pair" ? "parent" : side)
    name[$1, 0] = "standard input"; name[$1, 1] = "standard output"
}
{ # a call is where it returns
    p = $1
    sub(/^[0-9]+ +/, "")
    if (sub(/ *<unfinished.*/, "")) {
        begun[p] = $0 (/,$/ ? " " : "")
        next
    }
    if (sub(/^<[.][.][.] [a-z0-9_]+ resumed>/, "")) $0 = begun[p] $0
    line[p, ++lines[p]] = $0
}
END {
    for (k = 1; k <= processes; k++) advance(process[k])
    while ((p = choose(p)) != "") { take(p); advance(p) }
    print shown
}

function add(p, side) { process[++processes] = p; side_of[p] = side }
function over(p) { return at[p] > lines[p] }
function advance(p) { while (++at[p] <= lines[p] && !read_line(p)); }

# role(p, fd): what the socket that p makes here becomes, if it is our own
function role(p, fd,   i, s, is) {
    for (i = at[p] + 1; i <= lines[p]; i++) {
        s = line[p, i]
        if (index(s, "close(" fd ")") == 1) break
        if (index(s, "listen(" fd ",") == 1) return "listener"
        if (index(s, "bind(" fd ",") == 1 && !is) is = "receiver"
        if (index(s, "connect(" fd ",") == 1) # libc asks by whole paths
            is = s ~ /sun_path="\// ? "" : "server"
    }
    return is
}

function names(p, s,   all) { # of the descriptors in poll's array
    for (; match(s, /fd=[0-9]+/); s = substr(s, RSTART + RLENGTH))
        all = all ", " name[p, substr(s, RSTART + 3, RLENGTH - 3)]
    return substr(all, 3)
}

# event(p, call, text, ...): what p does next; 1, as it is to be shown
function event(p, call, text, end, bytes) {
    call_of[p] = call; text_of[p] = text; bytes_of[p] = bytes
    end_of[p] = end == "receiver" ? "peer" : end
    return 1
}

# read_line(p): the line that p is at, as an event; 0: it is not to be shown
function read_line(p,   s, call, args, result, number, is, i, a) {
    s = line[p, at[p]]
    split(s, a, " ")
    if (a[2] == "killed") return event(p, "exit", "killed by " a[4])
    if (s ~ /^[+-]/) return a[2] ~ /SIG[^C]/ && event(p, "signal", a[2] ":")
    if (s ~ /^write\(2, .*listening on/) return event(p, "started")

    call = substr(s, 1, index(s, "(") - 1)
    result = s
    sub(/.*\) += /, "", result)
    number = result + 0
    args = substr(s, length(call) + 2, length(s) - length(call result) - 1)
    sub(/\) += $/, "", args)
    if (call ~ /^(clone3?|vfork)$/) call = "fork"
    if (call ~ /^(exit_group|.*at)$/) sub(/_group|at$/, "", call)
    sub(/^AT_FDCWD, /, "", args)
    sub(/^ppoll$/, "poll", call)
    if (call == "poll" && polled[p]++) return 0
    if (call == "getsockopt" && args !~ /SO_PEER/) return 0
    if (result ~ /^[?]/ && call != "exit") return 0 # a signal came

    # Descriptors get names; what has none is not part of the story.
    if (args ~ /^[0-9]/ && call !~ /^(umask|exit|wait4)$/) {
        if (!(is = name[p, args + 0])) return 0
        if (call == "close") name[p, args + 0] = ""
        sub(/^[0-9]+/, is, args)
    }
    if (call ~ /^(socket|open|accept4?)$/) {
        is = call == "socket" ? role(p, number) : "peer"
        if (call == "open") is = args ~ /[.]lock", / ? "lock" : ""
        if (!(name[p, number] = is)) return 0
        if (number > 0) result = is
    } else if (call == "socketpair" && split(args, a, /[][]|, /)) {
        name[p, a[5]] = "ends[0]"; name[p, a[6]] = "ends[1]"
        result = "ends[0], ends[1]"
    } else if (call == "fork") {
        for (i = 0; i < 64; i++) name[number, i] = name[p, i]
        args = ""; if (number > 0) result = "child"
    } else if (call == "wait4" && sub(/^[0-9]+/, "child", args)) {
        call = "waitpid"; result = "child"
    } else if (call == "poll") {
        args = names(p, args); result = names(p, result)
    } else if (result "" == "0" && call ~ /^(read|recv)/)
        result = "0 (end of file)"
    else if (result "" == "0" && call != "getuid" || call ~ /umask|exit/)
        result = ""
    sub(/, O_.*/, "", args)
    if (call == "writev") { # musl's stdio
        gsub(/, [{]iov_base=NULL, iov_len=0[}]/, "", args)
        gsub(/\[?[{]iov_base=|, iov_len=[0-9]+[}]|\], [0-9]+$/, "", args)
        gsub(/", "/, "", args)
        call = "write"; args = args ", " number
    }
    if (sub(/[{]sa_family=AF_UNIX, sun_path=/, "", args))
        sub(/[}]/, "", args)
    if (sub(/, NULL, (NULL|0)$/, "", args)) sub(/from|to/, "", call)
    sub(/SOL_SOCKET, /, "", args)
    sub(/, (NULL|\[[^]]*\])$/, "", args)
    if (sub(/^-1 /, "", result)) sub(/ .*/, "", result)
    if (result != "") result = " = " result
    return event(p, call, call "(" args ")" result, is, number)
}

# --- an order that could have been

function waits(p,   call, end, q) { # for what another has yet to do
    call = call_of[p]; end = end_of[p]
    if (side_of[p] == "client" && !listening) return 1
    if (call ~ /^accept/) return !connected
    if (call == "waitpid") return !ended
    if (call == "signal") # the end, when all others have ended
        for (q in side_of) if (q != p && !over(q)) return 1
    if (call !~ /^recv/ || text_of[p] ~ / = E/) return 0
    return bytes_of[p] ? !box[end] : !left[far[end]]
}

# choose(p): who goes on after p: one who waited until now, or p, or the
# newest that need not wait; if all wait for what we do not see, the oldest
function choose(p,   k, q, oldest, newest, woken) {
    for (k = 1; k <= processes; k++) {
        if (over(q = process[k])) continue
        if (!oldest) oldest = q
        if (!waits(q)) newest = q
        if (!waits(q) && waited[q]) woken = q
        waited[q] = waits(q)
    }
    if (woken) return woken
    return p && !over(p) && !waits(p) ? p : newest ? newest : oldest
}

function take(p,   call, end, bytes) {
    call = call_of[p]; end = end_of[p]; bytes = bytes_of[p]
    if (call == "started") listening = 1
    if (call == "connect" && !bytes) connected++
    if (call ~ /^accept/) connected--
    if (call ~ /^send/ && bytes > 0) box[far[end]] += bytes
    if (call ~ /^recv/ && text_of[p] !~ /PEEK/) box[end] -= bytes
    if (call ~ /^(connect|send|recv)/) used[p] = end
    if (call ~ /^(shutdown|close)$/ && end == used[p]) left[end] = 1
    if (call == "exit") { left[used[p]] = 1; ended++ }
    if (call == "fork" && bytes > 0) { add(bytes, "child"); advance(bytes) }
    if (text_of[p]) show(p, call, text_of[p])
}

function show(p, call, text,   both) { # some calls share a line
    both = shown (last == "signal" ? " " : ", ") text
    if (p == shown_p && length(both) <= 76 && (last " " call) ~ \
        /^(signal .*|(fork|close) close|umask bind|.* (flock|exit))$/)
        shown = both
    else {
        if (shown) print shown
        shown = sprintf("%-8s%s", side_of[p], text)
    }
    shown_p = p; last = call
}
