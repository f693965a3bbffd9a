#!/usr/bin/env bats
#
# Grades 03-seqpacket/exercises/3-calculator.c.
# The starter fails at: each of a client's requests is answered

load ../../helpers/exercises

a=$((10 + RANDOM)) b=$((10 + RANDOM)) c=$((10 + RANDOM))

# ask STEPS: as a client
ask() { try "timeout 5 ./peer seqpacket connect a.sock $1"; }

@test "a request is answered" {
    serve './calculator a.sock'
    ask "send '$a * $b' receive"
    known 408 'That is the answer to the example only: ask answer_to.'
    usually 'One recv(2) brings the request; answer_to knows the answer, and
        one send(2) takes it back.'
    expect_output "$((a * b))"
}

@test "each of a client's requests is answered" {
    serve './calculator a.sock'
    ask "send '$a + $b' receive send '$b - $c' receive send '$c / 7' receive"
    known '*status 1*' 'The server has closed the connection after the first
        answer. Serve this client until recv(2) returns 0.'
    known '*status 124*' 'The client waits for an answer that does not come.'
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
    usually 'More came than two answers.'
    expect_status 0
}

@test "a request that is too long gets one answer" {
    serve './calculator a.sock'
    long=$(printf '%d + %d%100s' "$a" "$b" x)
    ask "send '$long' receive send '$a + $b' receive"
    known "$((a + b))*" 'The request was cut after 64 bytes, and what was left of it
        was reckoned. With MSG_TRUNC, recv(2) returns the real length.'
    known 'not understood*' 'The request was cut, and nobody noticed. With
        MSG_TRUNC, recv(2) returns the real length.'
    known 'too long??*too long*' 'What did not fit has gone. The next record
        is another request.'
    known 'too long*status*' 'This client had one request more. A bad one is
        answered, and the connection goes on.'
    usually 'A record longer than MOST is answered by "too long".'
    expect_output "too long"$'\n'"$((a + b))"
}

@test "what is no request is answered, and the next one too" {
    serve './calculator a.sock'
    ask "send hello receive send '$a / 0' receive send '$a + $b' receive"
    usually 'answer_to says what is wrong. Send that as any other answer.'
    expect_output 'not understood
division by zero
'"$((a + b))"
}

@test "a client that does not read leaves the next one undisturbed" {
    serve './calculator a.sock'
    ask "deaf send '$a + 1'" # no answer can arrive
    expect_status 0
    ask "send '$a * $c' receive"
    known '*Connection refused*' 'The server has ended, as a client was gone
        before its answer. That ends the turn of this client only.'
    known '*Connection reset*' 'The server has ended, as a client was gone
        before its answer. That ends the turn of this client only.'
    known '*status 124*' 'The server is still at the client that has left.
        recv(2) returning 0, or an error, is the end of its turn.'
    usually 'After one client, the next one is served.'
    expect_output "$((a * c))"
    ask "send '9223372036854775807 + 1' receive send '' end"
    usually 'To recv(2), an empty record is like the end: then close it.'
    expect_output 'too large'
    expect_status 0
}
