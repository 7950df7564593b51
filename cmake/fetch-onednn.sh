#!/usr/bin/env bash
# fetch-onednn.sh [--check]: oneDNN 3.2 (OpenMP build) from its PyPI wheels into the cache, digests pinned.
# Debian 12 ships oneDNN 2.6, whose API is another one: docs/decisions/0001-onednn-from-wheels.md.
# --check only asks whether it is there. The folder's name is the contract with LehrPackages.cmake.
set -euo pipefail

readonly cache="${LEHR_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/lehr}"
readonly home="$cache/onednn-3.2"

[[ -e "$home/lib/libdnnl.so.3" && -e "$home/lib/cmake/dnnl/dnnl-config.cmake" ]] && exit 0
[[ "${1:-}" == --check ]] && exit 1
if [[ "$(uname -m)" != x86_64 ]]; then
  echo "oneDNN: no wheel for $(uname -m); lehr's own kernels are used instead" >&2
  exit 1
fi

mkdir -p "$cache"
work="$(mktemp -d "$cache/onednn.XXXXXX")"
trap 'rm -rf "$work"' EXIT
cat > "$work/wheels.txt" <<'WHEELS'
onednn-cpu-gomp==2023.2.0 --hash=sha256:2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb
onednn-devel-cpu-gomp==2023.2.0 --hash=sha256:9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284
WHEELS

echo "oneDNN 3.2: fetching two wheels (39 MB) from PyPI into $home"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
  --requirement "$work/wheels.txt" --dest "$work"
# The wheels hold the library three times over, since zip knows no links; one copy and two links are kept.
python3 - "$work" <<'PYTHON'
import pathlib, sys, zipfile
work = pathlib.Path(sys.argv[1])
for wheel in work.glob("*.whl"):
    archive = zipfile.ZipFile(wheel)
    for name in archive.namelist():
        head, found, inside = name.partition(".data/data/")
        if not found or name.endswith("/") or inside in ("lib/libdnnl.so", "lib/libdnnl.so.3"):
            continue
        path = work / "onednn" / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.read(name))
for link in ("libdnnl.so", "libdnnl.so.3"):
    (work / "onednn/lib" / link).symlink_to("libdnnl.so.3.2")
PYTHON
# A rename is atomic: of two builds that fetch at once, the second finds the first one's folder.
mv -T "$work/onednn" "$home" 2>/dev/null || [[ -e "$home/lib/libdnnl.so.3" ]]
