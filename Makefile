# Short names for what CMake's presets do. Every target first sees to what it needs (cmake/install-packages.sh). Up to TOGETHER sources are compiled
# as one, in half the time; who changes sources builds by `cmake --preset release` or `make TOGETHER=`, one object a source.
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 600
TOGETHER ?= 12
LEHR := build/release/lehr
SOURCES := git ls-files -z '*.h' '*.cpp' '*.cu' '*.cuh'

.DEFAULT_GOAL := build
.NOTPARALLEL:
.PHONY: build demo test test-simt test-gpu install package bench check-all asan tsan tidy fuzz long format clean help configured deps deps-check deps-package

configured: deps
	@cmake --preset release -DLEHR_TOGETHER=$(TOGETHER) >/dev/null

build: configured ## build the program: build/release/lehr
	@cmake --build --preset release -j $(JOBS) --target lehr

demo: build ## build, then the lecture's story on bundled data, in about two minutes
	@$(LEHR) demo

test: configured ## build everything and run the quick tests
	@cmake --build --preset release -j $(JOBS)
	@ctest --preset release -j $(JOBS)

test-simt: configured ## the CUDA kernels on this CPU, under sanitizers: no GPU needed
	@cmake --build --preset release -j $(JOBS) --target test_simt
	@ctest --preset release -R '^simt$$'

test-gpu: configured ## the CUDA backend on this machine's GPU, also for long and under compute-sanitizer; without one it says so
	@cmake --build --preset release -j $(JOBS) --target test_gpu
	@ctest --test-dir build/release -L gpu --verbose --no-tests=error

install: build ## install under PREFIX (default /usr/local): program, manual page, completion, libraries, headers, CMake package
	@cmake --build --preset release -j $(JOBS) --target lehr_written
	@cmake --install build/release --prefix "$(PREFIX)"
	@echo "lehr is in $(PREFIX): bin/lehr, share/man/man1/lehr.1, completion for bash and zsh, include/lehr, lib/cmake/lehr"

package: deps-package ## build/package/lehr-VERSION-linux-ARCH.tar.xz: one file that runs on another Linux, with or without a GPU
	@cmake --preset package >/dev/null
	@cmake --build --preset package -j $(JOBS) --target lehr
	@cmake/package.sh build/package/lehr build/package

bench: build ## how fast kernels and whole training steps are here, beside what the machine could do
	@$(LEHR) bench kernels
	@for net in vgg16 cifar mlp; do $(LEHR) bench step $$net || exit; done

check-all: deps-check test long asan tsan tidy fuzz ## all that can be checked: also sanitizers, clang-tidy, fuzzers, long tests

asan tsan: deps
	@cmake --preset $@ >/dev/null
	@cmake --build --preset $@ -j $(JOBS)
	@ctest --preset $@ -j $(JOBS)

tidy: deps-check ## clang-format-19 over every source file, clang-tidy-19 over every one that has changed since it was clean
	@$(SOURCES) | xargs -0 clang-format-19 --dry-run --Werror
	@cmake --preset tidy >/dev/null
	@cmake --build --preset tidy --target lehr_commit
	@cmake/tidy.py build/tidy --jobs $(JOBS)

fuzz: deps-check ## every reader under libFuzzer, FUZZ_SECONDS (600) each
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz -j $(JOBS) --target fuzz_readers
	@tests/fuzz/run.sh build/fuzz/tests/fuzz/fuzz_readers $(FUZZ_SECONDS)

long: test
	@ctest --preset long

format: deps-check ## lay out every source file as .clang-format says
	@$(SOURCES) | xargs -0 clang-format-19 -i

clean: ## remove build/
	@rm -rf build

help: ## this list
	@echo "make [target] [PREFIX=/usr/local] [JOBS=n] [YES=1: install what is missing without asking]"
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

deps:
	@cmake/install-packages.sh build

deps-check:
	@cmake/install-packages.sh check

deps-package:
	@cmake/install-packages.sh package
