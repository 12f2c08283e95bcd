#!/bin/sh
# Puts together what pack.sh has packed: unpack.sh FOLDER TARGET, where FOLDER has all pieces, in folders or not. Every
# piece is checked first. TARGET/kiln is then the command. Needs sha256sum, tar, and xz or Python.
set -eu
from=${1:?Cannot unpack: found no folder, want unpack.sh FOLDER TARGET}
to=${2:?Cannot unpack: found no target, want unpack.sh FOLDER TARGET}
sums=$(find "$from" -name SHA256SUMS | head -n 1)
[ -n "$sums" ] || { echo "Cannot unpack $from: found no SHA256SUMS, want the folders that pack.sh made" >&2; exit 1; }
files=
while read -r sum name; do
  file=$(find "$from" -name "$name" | head -n 1)
  [ -n "$file" ] || { echo "Cannot unpack $from: found no $name, want all pieces" >&2; exit 1; }
  found=$(sha256sum "$file" | cut -d ' ' -f 1)
  [ "$found" = "$sum" ] || { echo "Cannot unpack $from: found SHA-256 $found of $name, want $sum" >&2; exit 1; }
  files="$files $file"
done < "$sums"
mkdir -p "$to"
# No spaces in their names, as pack.sh names them; FOLDER may have none either.
# shellcheck disable=SC2086
if command -v xz > /dev/null; then
  cat $files | xz -dc | tar -C "$to" -x
else
  cat $files | python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.stdin.buffer), sys.stdout.buffer)' | tar -C "$to" -x
fi
