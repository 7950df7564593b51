#!/usr/bin/env bash
# install-packages.sh [build|check|package] [--yes]: what lehr needs from Debian, and oneDNN. Silent and quick where all of it is there.
# Asks only a person: not under CI, not with --yes or YES=1, not where stdin is no terminal.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
group=build
yes="${YES:-}"
for argument in "$@"; do
  case "$argument" in
    build | check | package) group="$argument" ;;
    --yes) yes=1 ;;
    *) echo "usage: install-packages.sh [build|check|package] [--yes]" >&2; exit 2 ;;
  esac
done

packages=(
  cmake ninja-build g++ ccache                       # to build
  libfmt-dev zlib1g-dev libzip-dev libhdf5-dev       # linked
  libonnx-dev libprotobuf-dev                        # linked: ONNX's messages
  libcurl4-openssl-dev libssl-dev                    # downloads and their digests
  libsoci-dev libsqlite3-dev libpq-dev libnlopt-dev libnlopt-cxx-dev libeigen3-dev  # studies, the Gaussian process
  libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libstb-dev doctest-dev  # headers only
  librapidcheck-dev                                  # property tests
  python3 python3-pip ca-certificates                # oneDNN's wheels, checks of the tree
)
[[ "$group" == check ]] && packages+=(clang-tidy-19 clang-format-19 clang libclang-rt-14-dev libomp-14-dev patchelf xz-utils)
[[ "$group" == package ]] && packages+=(patchelf xz-utils)

confirm() {  # confirm QUESTION: true where nobody is to be asked, or the answer is yes
  [[ -n "$yes" || -n "${CI:-}" || ! -t 0 ]] && return 0
  read -r -p "$1 [Y/n] " answer
  [[ "$answer" =~ ^([Yy].*)?$ ]]
}

install_missing() {
  local -a as_root=()
  if [[ "$(id -u)" != 0 ]]; then
    if ! command -v sudo >/dev/null; then
      echo "Neither root nor sudo: ask an administrator for  apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
    [[ -t 0 ]] || as_root=(sudo -n)
  fi
  confirm "Install them with ${as_root[*]:-} apt-get?" || { echo "Not installed. By hand: apt-get install ${missing[*]}" >&2; return 1; }
  "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    install --yes --no-install-recommends "${missing[@]}"
}

if command -v dpkg-query >/dev/null; then
  present=" $(dpkg-query --show --showformat '${Package}/${db:Status-Status} ' "${packages[@]}" 2>/dev/null || true)"
  missing=()
  for package in "${packages[@]}"; do
    [[ "$present" == *" $package/installed "* ]] || missing+=("$package")
  done
  if ((${#missing[@]})); then
    echo "lehr needs ${#missing[@]} Debian packages that are not here:"
    printf '  %s\n' "${missing[@]}"
    install_missing
  fi
elif ! command -v cmake >/dev/null; then
  echo "This is no Debian system: install the equivalents of  ${packages[*]}" >&2
  exit 1
fi

# Without oneDNN the build works all the same; CMake says what it left out.
if ! "$here/fetch-onednn.sh" --check && ! dpkg-query --show libdnnl3 >/dev/null 2>&1; then
  "$here/fetch-onednn.sh" || echo "oneDNN could not be fetched: lehr is built with its own, slower kernels" >&2
fi
