# Two commands do everything: `make run` and `make test`. Both prepare the machine first (scripts/setup.sh).

SHELL := /bin/sh
.DEFAULT_GOAL := help
# Swift writes all objects in one build folder: never two builds at a time.
.NOTPARALLEL:

SWIFT ?= swift
# Handed to `gatehouse demo`: make run ARGS="--speed 30"
ARGS ?=
# How many compilers run at a time; empty: as many as there are processors.
JOBS ?=
# How many simulated nights `make soak` plays, and how many garbled rule files it reads.
SEEDS ?= 2000
RULE_FILES ?= 1000000
# Damaged messages of each format that `make soak` decodes.
PAYLOADS ?= 1000000
SOURCES := Sources simulators benchmarks Tests Package.swift
BINARY := .build/release/gatehouse
# What failed stands once more at the end.
TESTS = SWIFT='$(SWIFT)' sh scripts/run-tests.sh --skip-build
# With the Swift runtime in the programs themselves: they start in half the time and need less memory. Each function in a
# section of its own, so that what nobody calls is left out and what runs lies together; equal functions are not merged,
# which would leave some without a name to order them by.
RELEASE := -c release --static-swift-stdlib -Xswiftc -Xfrontend -Xswiftc -function-sections \
  -Xswiftc -Xfrontend -Xswiftc -disable-llvm-merge-functions-pass \
  -Xswiftc -Xllvm -Xswiftc -swiftmergefunc-threshold=0 $(if $(JOBS),--jobs $(JOBS))

.PHONY: help setup build run demo test soak bench deb testdeb lint format clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | \
	  while IFS="$$(printf '\t')" read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done
	@printf '\n  make run ARGS="--speed 30" hands arguments on to gatehouse demo.\n'

setup: ## check the Swift toolchain, install missing Debian packages
	@sh scripts/setup.sh

build: ## release build of gatehouse and estatesim
	@$(SWIFT) build $(RELEASE) --product gatehouse
	@$(SWIFT) build $(RELEASE) --product estatesim

run: setup build ## set up, build, and start the demo
	@exec $(BINARY) demo $(ARGS)

demo: build ## the demo, without the set-up
	@exec $(BINARY) demo $(ARGS)

# The end-to-end tests start the release build's programs. They and the live stream's, which look at the clock, have the
# machine for themselves, one test at a time.
test: setup build lint ## set up, build, lint, and run every test
	@$(SWIFT) build --build-tests
	@$(TESTS) --skip EndToEnd --skip StreamTests
	@$(TESTS) --no-parallel --filter 'EndToEnd|StreamTests'

# Longer than fits into every change: simulated nights full of faults, a million damaged messages of each format, a
# million garbled rule files, two hundred kill -9, and a day of 2,000 devices with every fault.
soak: setup build ## long tests; SEEDS=10000 for more simulated nights
	@$(SWIFT) build $(RELEASE) --product pipelinesoak
	@.build/release/pipelinesoak $(SEEDS)
	@$(SWIFT) build $(RELEASE) --product payloadsoak
	@.build/release/payloadsoak $(PAYLOADS)
	@$(SWIFT) build --build-tests
	@RULE_FILES=$(RULE_FILES) $(TESTS) --filter MutatedFileTests
	@SOAK=43 $(TESTS) --no-parallel --filter SoakTests
	@KILLS=200 $(TESTS) --no-parallel --filter CrashTests
	@MIXED_DEVICES=2000 MIXED_HOURS=24 MIXED_SPEED=400 $(TESTS) --no-parallel --filter MixedDayTests

# Not a test: it fails on nothing, and wants a machine that does nothing else.
bench: setup build ## measure every figure of benchmarks/README.md; ARGS="--only engine"
	@$(SWIFT) build $(RELEASE) --product gatehouse-bench
	@.build/release/gatehouse-bench $(ARGS)

deb: setup build ## a Debian package in .build/deb, for the Debian it is built on
	@sh scripts/build-deb.sh

# Minutes, root and a network: a fresh Debian folder for each run.
testdeb: deb ## install, start, upgrade and purge that package in a fresh Debian folder
	@sh scripts/test-deb.sh

lint: ## formatting, strictly
	@$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

format: ## format all sources in place
	@$(SWIFT) format format --in-place --recursive --parallel $(SOURCES)

clean: ## remove what was built
	@rm -rf .build
