#!/usr/bin/env bash
# package.sh PROGRAM FOLDER: FOLDER/lehr-VERSION-linux-ARCH.tar.xz, the program with the libraries it needs. It runs where it is unpacked, on
# any Linux whose glibc is as new as this machine's: glibc itself, the driver and CUDA's own libraries stay out.
#   bin/lehr · lib/*.so · share/doc/lehr/LICENSE and copyright files of the libraries
set -euo pipefail

(($# == 2)) || { echo "usage: package.sh PROGRAM FOLDER" >&2; exit 2; }
here="$(cd "$(dirname "$0")" && pwd)"
program="$(realpath "$1")"
folder="$2"
for tool in patchelf xz; do
  command -v "$tool" >/dev/null || { echo "package.sh needs $tool (make package installs it)" >&2; exit 1; }
done

version="$("$program" --version | sed -n '1s/^lehr //p')"
name="lehr-$version-linux-$(uname -m)"
stage="$(mktemp -d)"
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/$name/bin" "$stage/$name/lib" "$stage/$name/share/doc/lehr" "$folder"

# glibc's own parts, which must fit the machine that runs them, and what belongs to a GPU's driver or toolkit.
not_ours='^(linux-vdso|ld-linux|libc\.|libm\.|libdl\.|libpthread\.|librt\.|libresolv\.|libnsl\.|libutil\.|libcuda\.|libnvidia|libcud|libcublas|libnccl|libnvrtc)'

install -m 755 "$program" "$stage/$name/bin/lehr"
strip --strip-unneeded "$stage/$name/bin/lehr"
patchelf --set-rpath '$ORIGIN/../lib' "$stage/$name/bin/lehr"

missing="$(ldd "$program" | sed -n 's/^[[:space:]]*\(.*\) => not found$/\1/p')"
[[ -z "$missing" ]] || { echo "package.sh: this program's own libraries are not found: $missing" >&2; exit 1; }
while read -r soname path; do
  [[ "$soname" =~ $not_ours ]] && continue
  install -m 644 "$(realpath "$path")" "$stage/$name/lib/$soname"
  strip --strip-unneeded "$stage/$name/lib/$soname"
  patchelf --set-rpath '$ORIGIN' "$stage/$name/lib/$soname"
  package="$(dpkg-query --search "$(realpath "$path")" 2>/dev/null | head -n 1 | cut -d : -f 1 || true)"
  if [[ -n "$package" && -e "/usr/share/doc/$package/copyright" ]]; then
    cp "$(realpath "/usr/share/doc/$package/copyright")" "$stage/$name/share/doc/lehr/$package.copyright"
  else  # oneDNN's wheel brings its licence along
    find "$(dirname "$(realpath "$path")")/../share/doc" -maxdepth 2 -name 'LICENSE*' -exec cp {} "$stage/$name/share/doc/lehr/$soname.LICENSE" \; 2>/dev/null || true
  fi
done < <(ldd "$program" | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }')
cp "$here/../LICENSE" "$stage/$name/share/doc/lehr/"

glibc="$(objdump -T "$stage/$name/bin/lehr" "$stage/$name"/lib/*.so* | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)"
tar --create --directory "$stage" --owner 0 --group 0 --sort name "$name" | xz -T 2 -6 > "$folder/$name.tar.xz.part"
mv "$folder/$name.tar.xz.part" "$folder/$name.tar.xz"
bytes="$(stat -c %s "$folder/$name.tar.xz")"
echo "$folder/$name.tar.xz: $((bytes / 1000000)).$((bytes / 100000 % 10)) MB, needs ${glibc/_/ } or newer"
((bytes < 50000000)) || { echo "package.sh: larger than 50 MB" >&2; exit 1; }
