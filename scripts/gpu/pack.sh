#!/usr/bin/env bash
# Packs Kiln, Node and what is installed for a GPU into pieces, for a machine that has none of it and no network:
#
#   npm run build && node dist/src/cli.js gpu install
#   scripts/gpu/pack.sh OUT
#
# OUT gets folders 0, 1, 2 … of at most four pieces of 15 MiB each. Bring them over in any order, one folder at a time
# where there is a limit, and put them together there with OUT/0/unpack.sh. A second argument is a folder to pack in
# place of Kiln, PIECE another size.
set -euo pipefail
out=${1:?Cannot pack: found no folder, want pack.sh OUT}
tree=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
if [ -n "$(ls -A "$out")" ]; then
  echo "Cannot pack into $out: found files there, want an empty folder" >&2
  exit 1
fi
if [ -z "$tree" ]; then
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  node "$here/stage.mjs" "$tree"
fi
tar -C "$tree" --sort=name --owner=0 --group=0 -c . | xz -T0 -1 | split -b "${PIECE:-15M}" -d -a 3 - "$out/piece."
(cd "$out" && sha256sum piece.* > SHA256SUMS)
number=0
for piece in "$out"/piece.*; do
  folder=$out/$((number / 4))
  mkdir -p "$folder"
  mv "$piece" "$folder/"
  cp "$out/SHA256SUMS" "$here/unpack.sh" "$folder/"
  number=$((number + 1))
done
rm "$out/SHA256SUMS"
echo "$number pieces in $out, $(du -sm "$out" | cut -f1) MiB"
