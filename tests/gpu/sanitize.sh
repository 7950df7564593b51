#!/bin/sh
# sanitize.sh SANITIZER TOOL TEST_GPU: the GPU's tests under one of compute-sanitizer's tools. 77: skipped, with the reason.
"$3" --test-case=none || exit $?  # no GPU: it says so
case "$1" in
  */compute-sanitizer) ;;
  *) echo "skipped: compute-sanitizer is not installed (package cuda-sanitizer-13-0 of NVIDIA's repository)"; exit 77 ;;
esac
exec "$1" --tool "$2" --error-exitcode 9 --leak-check no "$3" --test-suite-exclude=long
