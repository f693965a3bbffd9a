#!/usr/bin/env bats
#
# Grades 03-seqpacket/exercises/3-calculator.c.
# The starter fails at: each of a client's requests is answered

load ../../helpers/exercises

a=$((10 + RANDOM)) b=$((10 + RANDOM)) c=$((10 + RANDOM))

# ask STEPS: as a client
ask() { try "timeout 5 ./peer seqpacket connect a.sock $1"; }

# expect_server: it is there; if not, say how it has ended
expect_server() {
    grep -q 'Connection re' errors || return 0
    finish
    fail_check 'a server that serves the next client' \
        "$(name_status "$status"); it says: $(readable <(tail -n 1 log))"
}

@test "a request is answered" {
    serve './calculator a.sock'
    ask "send '$a * $b' receive"
    known '*\\0*' 'A NUL came behind the answer: send strlen(answer) bytes.'
    known 408 'That is the answer to the example only: ask answer_to.'
    usually 'One recv(2) brings the request; answer_to knows the answer, and
        one send(2) takes it back.'
    expect_output "$((a * b))"
}

@test "each of a client's requests is answered" {
    serve './calculator a.sock'
    ask "send '$a + $b' receive send '$b - $c' receive send '$c / 7' receive"
    known '*not over after*' 'The client waits for an answer that does not
        come.'
    known '*status 1*' 'The server has closed the connection after the first
        answer. Serve this client until recv(2) returns 0.'
    known '*not understood*' 'answer_to got more than the request: is there a
        NUL at its end? What is behind it is left of an earlier, longer one.'
    known '*[0-9]\\n\\n*' 'A newline came with the answer: a record needs no
        end.'
    usually 'One record is one request, and one record is its answer.'
    expect_output "$((a + b))"$'\n'"$((b - c))"$'\n'"$((c / 7))"
}

@test "two requests at once get two records" {
    serve './calculator a.sock'
    ask "send '$a + 1' send '$b + 1' receive receive shutdown end"
    known "$((a + 1))$((b + 1))*" 'Both answers came in one record. Send
        each by a send(2) of its own.'
    usually 'Each recv(2) brings one of them: answer it before the next.'
    expect_output "$((a + 1))"$'\n'"$((b + 1))"
    known '*not over after*' 'Both answers came. Then the client said that it
        is finished, and you do not close: recv(2) returns 0 then, and again
        and again.'
    usually 'More came than two answers.'
    expect_status 0
}

@test "an answer is its text, and no byte more" {
    serve './calculator a.sock'
    ask "send '$a - $b' shutdown copy | od -An -c"
    known '*\\0*' 'A NUL came behind the answer: send strlen(answer) bytes.'
    usually 'strlen(answer) bytes are the answer, without anything behind.'
    expect_output "$(printf %s "$((a - b))" | od -An -c)"
}

@test "a request that is too long gets one answer" {
    serve './calculator a.sock'
    ask "send \"\$(printf '$a + $b%100s' x)\" receive send '$a + $b' receive"
    known "$((a + b))*" 'The request was cut after 64 bytes, and what was left
        of it was reckoned. With MSG_TRUNC, recv(2) returns the real length.'
    known 'not understood*' 'The request was cut, and nobody noticed. With
        MSG_TRUNC, recv(2) returns the real length.'
    known 'too long??*too long*' 'What did not fit has gone. The next record
        is another request.'
    known 'too long*status*' 'This client had one request more. A bad one is
        answered, and the connection goes on.'
    usually 'A record longer than MOST is answered by "too long".'
    expect_output "too long"$'\n'"$((a + b))"
}

@test "64 bytes are a request, 65 are too long" {
    serve './calculator a.sock'
    ask "send \"\$(printf '%062d+1' $a)\" receive"
    known 'too long*' '64 bytes are MOST, not more. A full buffer does not
        tell 64 from 65: MSG_TRUNC does.'
    usually 'What has no more than MOST bytes is a request: answer it.'
    expect_output "$((a + 1))"
    ask "send \"\$(printf '%063d+1' $b)\" receive"
    usually '65 bytes are more than MOST.'
    expect_output 'too long'
}

@test "a request of 100,000 bytes is too long, and no more" {
    serve './calculator a.sock'
    ask "send \"\$(printf '%100000s' x)\" receive"
    answer=$(<output)
    ask "send '$a + $b' receive"
    known '*SIG*' 'With MSG_TRUNC, the length may be more than the room: look
        at it before you write request[size].'
    usually 'A record may be as long as it likes: your server goes on.'
    expect_server
    expect 'the answer to the first' 'too long' "$answer"
    expect_output "$((a + b))"
}

@test "what is no request is answered, and the next one too" {
    serve './calculator a.sock'
    ask "send hello receive send '$a / 0' receive send '$a + $b' receive"
    usually 'answer_to says what is wrong. Send that as any other answer.'
    expect_output 'not understood
division by zero
'"$((a + b))"
    ask 'hex 312b310078 receive' # 1+1, a NUL, and an x
    known 2 'The request is "1+1", a NUL and "x". A NUL is no end, answer_to
        says: give it the size that recv(2) has told, not strlen(3).'
    usually 'answer_to takes the bytes of the request, and how many these are.'
    expect_output 'not understood'
}

@test "a client that does not read leaves the next one undisturbed" {
    serve './calculator a.sock'
    ask "deaf send '$a + 1'" # no answer can arrive
    expect_status 0
    ask "send '$a * $c' receive"
    known '*Broken pipe*' 'The client no longer reads, so send(2) failed, and
        you ended the server. It ends this client'\''s turn only.'
    usually 'The server has ended, as a client was gone before its answer.
        It ends this client'\''s turn only.'
    expect_server
    known '*not over after*' 'The server is still at the client that has
        left. Its turn ends when recv(2) returns 0, or a call fails.'
    usually 'After one client, the next one is served.'
    expect_output "$((a * c))"
    ask "send '9223372036854775807 + 1' receive send '' end"
    usually 'To recv(2), an empty record is like the end: then close it.'
    expect_output 'too large'
    expect_status 0
}
