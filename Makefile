# Every command of this repository; `make help` lists them.

CFLAGS ?= -std=c11 -O2 -g -Wall -Wextra -Wpedantic -Wshadow

programs := $(basename $(wildcard 0*/*.c))
tools := $(basename $(wildcard tests/tools/*.c))
helpers := $(tools) $(basename $(wildcard tests/bench/*.c tests/check/*.c))
checks := builds lint story pages tests commands sanitizers valgrind input \
    mistakes catches lines graders anywhere faults endings matrix

.PHONY: all demo test without hunt reset-hunt exercises bench check $(checks) \
    book handout grade clean help bats tools helpers
.DELETE_ON_ERROR:
# Each recipe is $0 here: none makes files that we ourselves cannot use.
.SHELLFLAGS = -c 'umask u+rwx; eval "$$0"'

all: $(programs)  ## build every lesson (this is what make alone does)

tools: $(tools)

helpers: $(helpers)

$(programs) $(helpers): %: %.c
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@

demo: all  ## play the transcripts of every chapter
	@tests/play 1 2 3 4 5 6

demo-%: all  ## play one chapter's, for example demo-01
	@tests/play $*

test: all tools bats  ## run all tests of the programs
	@tests/run

test-%: all tools bats  ## run one lesson's, for example test-01
	@tests/run $*

exercises: all tools bats  ## how far you are with the exercises
	@tests/exercise list

exercise-%: all tools bats  ## grade what you wrote, for example exercise-01-1
	@tests/exercise grade $*

hint-%:  ## one more hint for it, for example hint-01-1
	@tests/exercise hint $*

reset-%:  ## its starter again; what you wrote is kept beside it
	@tests/exercise reset $*

without: tools bats  ## take a line out: which test misses it? (LINE=FILE.c:N)
	@tests/without '$(LINE)'

hunt: all tools bats  ## find the mistake in a copy of a lesson; then: is it mended?
	@tests/hunt play

hunt-%: all tools bats  ## in one lesson, for example hunt-01 (N=7: the seventh)
	@tests/hunt play $*

reset-hunt:  ## give it up: which mistake was it? The copy is removed
	@tests/hunt drop

check: all helpers bats  ### all that CI runs; each step is a command, too
	SAMPLE=$(or $(SAMPLE),$(if $(QUICK),15,100)) tests/check/run $(checks)

$(filter-out lines,$(checks)): all helpers bats
	tests/check/$@

lines: helpers bats  ### take each statement out (SAMPLE=N: some; SEED=N)
	@tests/check/lines

lines-%: helpers bats  ### each of one lesson's, for example lines-04
	@tests/check/lines $*

commands:  ### what make book, clean, exercises, grade and hunt do
graders:  ### does each exercise's grader judge as it should? (EXERCISE=01-1)
mistakes:  ### plant known mistakes: who sees each? (MISTAKE=LESSON/NAME)
catches:  ### how many mistakes and statements does each test catch?
faults:  ### do each harm to each server, a thousand times
endings:  ### end each server at 1,500 moments: is its file gone?
input:  ### send and type what nobody should (SEED=N: the same again)
matrix:  ### who gets in to lesson 06, in every combination

trace-%: all  ## a lesson's system calls, both sides, for example trace-01
	@tests/tools/trace $*

bench: all helpers  ## measure transports and servers (QUICK=1: in short)
	QUICK=$(QUICK) tests/bench/run

# Debian 12 and Ubuntu 24.04 have a bats that will do, Ubuntu 22.04 has 1.2.1.
bats:
	@printf 'Bats 1.8.0\n%s\n' "$$(bats --version 2>/dev/null)" | sort -VC || { \
	    echo 'The tests need bats 1.8 or newer:' \
	        'apt-get install bats, or, where that is too old,' \
	        'https://github.com/bats-core/bats-core#installation' >&2; \
	    exit 1; }

book:  ## chapters and sources on one page, to print: build/book.html
	@tests/tools/book

handout:  #### build/handout.tar.gz for students, without solutions
	@tests/handout

grade: all tools bats  #### what students hand in (SUBMISSIONS=FOLDER)
	@SUBMISSIONS='$(SUBMISSIONS)' tests/grade

clean:  ## remove what was built, and what the transcripts have left
	@if test -f build/hunt/state; then \
	    echo 'build/ stays: a hunt is under way (make reset-hunt ends it)'; \
	else \
	    rm -rf build; \
	fi
	@# a reader's folder may have a program's name
	@for each in $(programs) $(helpers); do \
	    test -d $$each || rm -f $$each; \
	done
	@tests/tools/clean

help:  ## list these commands
	@echo 'For readers:'
	@sed -n 's/^\([a-z%-]*\):.*  ## /\1\t/p' Makefile | \
	    sed 's/%/NN/' | expand -t 12
	@printf '\nFor teachers:\n'
	@sed -n 's/^\([a-z%-]*\):.*  #### /\1\t/p' Makefile | expand -t 12
	@printf '\nFor maintainers (tests/README.md has more):\n'
	@sed -n 's/^\([a-z%-]*\):.*  ### /\1\t/p' Makefile | \
	    sed 's/%/NN/' | expand -t 12
