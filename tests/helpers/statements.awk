# statements.awk - the statements of a program, and the flags in them
#
#     usage: LC_ALL=C awk -f statements.awk FILE.c
#
# One a line, as they begin, in three fields with a tab between them: where
# it stands, of what kind it is, and what it says.
#
#     57:9-58:33    if      echo: if (length < 1) return;
#     141:45-141:56 flag    send_all: MSG_NOSIGNAL in ssize_t sent = send(…
#
# The place is the line and the column (in bytes) of the first and of the
# last character. An `if` has what it guards, with its else; a loop has its
# body. A flag stands in an expression A | B, or is one that could as well
# be left out (MSG_NOSIGNAL, SOCK_CLOEXEC). What it says begins with the
# name of the function, and is cut after 100 bytes. If a function says the
# same again, (2) stands behind it.
#
# It reads what clang-format has laid out: a function's { and } stand in the
# first column.

# read_line: into plain without comments, and into code without what strings
# hold and preprocessor lines, too; both are as long as the line was
function read_line(   i, c, plain_line, code_line, quote, two) {
    begin[FNR] = length(code) + 1
    for (i = 1; i <= length($0); i++) {
        c = substr($0, i, 1)
        two = substr($0, i, 2)
        if (in_comment || (quote == "" && two == "/*")) {
            in_comment = 1
            if (two == "*/") {
                in_comment = 0
                plain_line = plain_line " "
                code_line = code_line " "
                i++
            }
            c = " "
        }
        plain_line = plain_line c
        if (quote == "" && (c == "\"" || c == "'"))
            quote = c
        else if (c == quote)
            quote = ""
        else if (quote != "" && c == "\\") {
            plain_line = plain_line substr($0, ++i, 1)
            code_line = code_line "_"
            c = "_"
        } else if (quote != "")
            c = "_"
        code_line = code_line c
    }
    if (code_line ~ /^#/)
        gsub(/./, " ", code_line)
    plain = plain plain_line "\n"
    code = code code_line "\n"
}

# place POSITION: as LINE:COLUMN
function place(position,   number) {
    number = last_line
    while (begin[number] > position)
        number--
    return number ":" position - begin[number] + 1
}

function skip_space() {
    while (letter[at] == " " || letter[at] == "\n")
        at++
}

# word: the one that begins here
function word(   end) {
    for (end = at; letter[end] ~ /[A-Za-z0-9_]/; end++)
        ;
    return substr(code, at, end - at)
}

# skip_to END: behind the character END that no bracket encloses
function skip_to(end,   depth) {
    for (; at <= size; at++) {
        if (depth == 0 && letter[at] == end)
            break
        depth += letter[at] ~ /[[({]/
        depth -= letter[at] ~ /[])}]/
    }
    at++
}

# skip_condition: what stands in parentheses behind if, for, while
function skip_condition() {
    skip_space()
    at++
    skip_to(")")
}

function kind_of(text) {
    if (text ~ /^(return|break|continue)/) {
        sub(/[^a-z].*/, "", text)
        return text
    }
    if (text ~ /^[a-z_][a-z_0-9]* +\**[a-z_]/)
        return "declaration"
    gsub(/[=!<>]=/, "", text)
    return text ~ /^[^(]*=|\+\+;|--;/ ? "assignment" : "call"
}

# statement: the one that begins here, and those inside it
function statement(   number, first) {
    skip_space()
    if (letter[at] == "{") {
        block()
        return
    }
    number = ++count
    from[number] = at
    first = word()
    if (first == "if" || first == "for" || first == "while") {
        kind[number] = first == "if" ? "if" : "loop"
        at += length(first)
        skip_condition()
        statement()
        if (first == "if" && next_is("else")) {
            at += 4
            statement()
        }
    } else if (first == "do") {
        kind[number] = "loop"
        at += 2
        statement()
        skip_to(";")
    } else {
        skip_to(";")
        kind[number] = kind_of(substr(code, from[number], at - from[number]))
    }
    to[number] = at - 1
    says[number] = said(from[number], to[number])
}

# next_is WORD: whether it follows; if it does not, we stay where we are
function next_is(expected,   here) {
    here = at
    skip_space()
    if (word() == expected)
        return 1
    at = here
    return 0
}

function block() {
    at++
    for (skip_space(); letter[at] != "}" && at <= size; skip_space())
        statement()
    at++
}

# said FIRST, LAST: the source there, on one line
function said(first, last,   text) {
    text = substr(plain, first, last - first + 1)
    gsub(/[ \n]+/, " ", text)
    return length(text) > 100 ? substr(text, 1, 100) "…" : text
}

# is_flag FIRST, LAST: one of several with | between them, or one of those
# that only add something
function is_flag(first, last,   before, after) {
    if (code_at(first, last) ~ /^MSG_|_CLOEXEC$|_NONBLOCK$/)
        return 1
    for (before = first - 1; letter[before] ~ /[ \n]/; before--)
        ;
    for (after = last + 1; letter[after] ~ /[ \n]/; after++)
        ;
    return (letter[before] == "|" && letter[before - 1] != "|") || \
        (letter[after] == "|" && letter[after + 1] != "|")
}

function code_at(first, last) {
    return substr(code, first, last - first + 1)
}

# flags FIRST, LAST: those in this piece of a function
function flags(first, last,   name, number, inner) {
    for (at = first; at <= last; at++) {
        name = word()
        if (name ~ /^[A-Z][A-Z0-9_]+$/ && is_flag(at, at + length(name) - 1)) {
            for (number = 1; from[number] <= at && number <= count; number++)
                if (to[number] >= at && kind[number] != "flag")
                    inner = number
            flag_count++
            flag_from[flag_count] = at
            flag_to[flag_count] = at + length(name) - 1
            flag_says[flag_count] = name " in " says[inner]
        }
        if (name != "")
            at += length(name) - 1
    }
}

function show(first, last, what, text) {
    text = function_name ": " text
    if (++times[text] > 1)
        text = text " (" times[text] ")"
    printf "%s-%s\t%s\t%s\n", place(first), place(last), what, text
}

# show_function: its statements, and the flags where they stand
function show_function(   number, flag) {
    flag = 1
    for (number = 1; number <= count + 1; number++) {
        for (; flag <= flag_count && \
            (number > count || flag_from[flag] < from[number]); flag++)
            show(flag_from[flag], flag_to[flag], "flag", flag_says[flag])
        if (number <= count)
            show(from[number], to[number], kind[number], says[number])
    }
}

{
    read_line()
    last_line = FNR
    if ($0 ~ /^[a-z].*\(/ && $0 !~ /;$/) {
        name = $0
        sub(/\(.*/, "", name)
        sub(/.*[ *]/, "", name)
        names[FNR] = name
    }
}

END {
    size = length(code)
    for (i = 1; i <= size; i++)
        letter[i] = substr(code, i, 1)
    for (line = 1; line <= last_line; line++) {
        if (line in names)
            function_name = names[line]
        if (letter[begin[line]] != "{")
            continue
        count = flag_count = 0
        at = begin[line]
        block()
        flags(begin[line], at)
        show_function()
    }
}
