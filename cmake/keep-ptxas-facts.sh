#!/usr/bin/env bash
# keep-ptxas-facts.sh NVCC... -o OBJECT ...: runs the compiler; what ptxas notes of registers, spills and shared memory goes to OBJECT.ptxas,
# everything else to stderr as ever.
set -uo pipefail
object=
for ((i = 1; i < $#; ++i)); do
  [[ "${!i}" == -o ]] && { next=$((i + 1)); object="${!next}"; }
done
said="$(mktemp)"
trap 'rm -f "$said"' EXIT
"$@" 2>"$said"
status=$?
facts='^ptxas info|^ +[0-9]+ bytes stack frame'
grep -vE "$facts" "$said" >&2
[[ -n "$object" && "$object" == *.o && "$status" == 0 ]] && grep -E "$facts" "$said" >"$object.ptxas"
exit "$status"
