#!/usr/bin/env bash
# run.sh PROGRAM SECONDS [READER...]: each reader under libFuzzer for so long, from the corpora of this folder. What is found lies in
# build/fuzz/found/READER-*; make it small with  PROGRAM -minimize_crash=1  and keep it in corpus/READER.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
program="$1" seconds="$2"
shift 2
readers=("$@")
if ((${#readers[@]} == 0)); then
  for folder in "$here"/corpus/*/; do readers+=("$(basename "$folder")"); done
fi
grown="$here/../../build/fuzz/grown" found="$here/../../build/fuzz/found"
mkdir -p "$found"
failed=0
for reader in "${readers[@]}"; do
  mkdir -p "$grown/$reader"
  longest=65536
  [[ "$reader" == spec || "$reader" == json ]] && longest=4096
  echo "== $reader, $seconds s"
  log="$found/$reader.log"
  if ! LEHR_FUZZ_READER="$reader" UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "$program" -max_total_time="$seconds" -timeout=60 \
      -rss_limit_mb=4096 -max_len="$longest" -artifact_prefix="$found/$reader-" "$grown/$reader" "$here/corpus/$reader" >"$log" 2>&1; then
    failed=1
    tail -n 60 "$log"
  fi
  grep -E '^Done|cov:' "$log" | tail -n 2 || true
done
exit "$failed"
