#!/usr/bin/env bats
#
# What `make grade` does, and how confine ends a fork bomb. It is no lesson's
# promise, so this file is run once.
# on: 01-stream/first

load ../helpers/helpers

# make_copy: of what grading needs, in the folder copy, with one exercise,
# 01-1, whose two checks take no time; and handed_in, what students wrote
make_copy() {
    mkdir -p copy/tests/{exercises,starters}/01-stream handed_in
    (cd "$tests/.." && cp -r --parents tests/exercise tests/grade \
        tests/helpers tests/tools 01-stream/*.c "$OLDPWD/copy")
    for program in "$bin"/*.c; do
        cp "${program%.c}" copy/01-stream
    done
    echo 'int main(void) { return 0; }' \
        >copy/tests/starters/01-stream/1-yes.c
    # bats would take @test for a test of this file
    sed 's/^check /@test /' >copy/tests/exercises/01-stream/1-yes.bats <<'BATS'
load ../../helpers/exercises
limit=2
check "it ends" {
    try ./yes
    expect_status 0
}
check "it says yes" {
    try ./yes
    expect_output yes
}
BATS
}

# hand_in STUDENT <SOURCE
hand_in() {
    mkdir -p "handed_in/$1"
    cat >"handed_in/$1/1-yes.c"
}

yes='#include <stdio.h>
int main(void) { puts("yes"); }'

@test "make grade shows who has done what, and each costs only itself" {
    make_copy
    echo "$yes" | hand_in right
    echo "$yes" | hand_in -dash
    echo "$yes" | hand_in $'"two\nlines", x'
    echo 'int main(void) { ; }' | hand_in half
    echo 'int main(void) { return zero; }' | hand_in broken
    # both leave the processor to other tests
    echo 'int pause(void); int main(void) { pause(); }' | hand_in hangs
    hand_in forks <<<'int fork(void), pause(void);
        int main(void) { for (;;) if (fork() <= 0) pause(); }'
    hand_in fills <<<'#include <stdio.h>
        static char data[20 << 20]; char name[20];
        int main(void) { for (int i = 0;; i++) { sprintf(name, "%d", i);
            FILE *f = fopen(name, "w"); fwrite(data, 1, sizeof data, f);
            fclose(f); } }'
    echo '#include "../../copy/tests/exercise"' | hand_in reads
    hand_in begun <copy/tests/starters/01-stream/1-yes.c
    mkdir handed_in/linked
    ln -s ../right/1-yes.c handed_in/linked
    SUBMISSIONS=handed_in copy/tests/grade >table 2>progress
    diff - <(head -n 12 table) <<'TABLE'
student         total      01-1
"two?lines", x    1/1       2/2
-dash             1/1       2/2
begun             0/1         -
broken            0/1  no build
fills             0/1       0/2
forks             0/1       0/2
half              0/1       1/2
hangs             0/1       0/2
linked            0/1         -
reads             0/1  no build
right             1/1       2/2
TABLE
    diff - <(tr -d '\r' <copy/build/grades/grades.csv) <<'CSV'
"student","01-1","total"
"""two
lines"", x","2 of 2","1"
"-dash","2 of 2","1"
"begun","not begun","0"
"broken","no build","0"
"fills","0 of 2","0"
"forks","0 of 2","0"
"half","1 of 2","0"
"hangs","0 of 2","0"
"linked","","0"
"reads","no build","0"
"right","2 of 2","1"
CSV
    grep -q 'zero' copy/build/grades/broken/01-1.txt
}

@test "confine ends a fork bomb, and no process is left" {
    cat >bomb.c <<<'int fork(void); int main(void) { for (;;) fork(); }'
    cc -std=c11 bomb.c -o "bomb$$"
    chmod 711 "$BATS_RUN_TMPDIR" .. .
    run "$tests/tools/confine" 1 "${ordinary[@]}" "./bomb$$"
    expect_run 124 'confine: not over after 1 second'
    run ! pgrep -x "bomb$$"
}
