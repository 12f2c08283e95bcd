#!/usr/bin/env bash
# Every table of bench/README.md that `kiln bench` makes, each into a folder of its own, with the least machine time:
# about half an hour on two cores, most of it the peers' pictures of 512×512. Leave the machine alone meanwhile.
#
#     npm run build && bash bench/report.sh OUT [PYTHON [SD15]]
#
# PYTHON has the packages of scripts/bench/requirements.txt. SD15 is a folder with Stable Diffusion 1.5 in float32; left
# out, random weights of its sizes are written to OUT/sd15 (4.3 GB), which are as fast. ROUNDS=5 measures so many
# rounds of each instead of those below; ONLY="sprite cold" picks some of the tables.
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
python=${2:-python3}
sd15=${3:-$out/sd15}
cd "$(dirname "$0")/.."
export KILN_DATA=${KILN_DATA:-$out/data}
only=${ONLY:-sprite images cold sd15-256 sd15-alone sd15-512}

# Its name, its rounds, and what it is asked for.
bench() {
  local name=$1 rounds=${ROUNDS:-$2}
  shift 2
  [[ " $only " == *" $name "* ]] || return 0
  echo "== $name ($(date +%H:%M:%S))" >&2
  node dist/src/cli.js bench "$@" --rounds "$rounds" --python "$python" --out "$out/$name" > /dev/null
}

if [[ ! -e $sd15/model_index.json && $only == *@(sd15|cold|gpu)* ]]; then
  node -e "import('./dist/bench/random-checkpoint.js').then((made) => made.writeRandomFolder('sd15', process.argv[1]))" "$sd15"
fi
# The same of Stable Diffusion 1.5's sizes: name, rounds, size and steps.
sized() {
  local name=$1 rounds=$2 size=$3 steps=$4
  shift 4
  bench "$name" "$rounds" --model "$sd15" --size "$size" --steps "$steps" --guidance 7.5 "$@"
}

# The built-in model, whole; then the article's three pictures at once.
bench sprite 3 --compare all
bench images 3 --compare diffusers,openvino --images 3 --only warm,cold
# A cold start is of two steps, or it would be the drawing that is measured.
sized cold 3 256 2 --only cold --quality exact --compare diffusers,openvino
sized sd15-256 2 256 8 --only warm,call --compare all
sized sd15-alone 3 256 8 --only batch,forms --quality exact
sized sd15-512 1 512 8 --only warm,call --compare all --calls 2

# On a GPU, by ONLY="gpu gpu-images": the article's 50 steps, alone and three at once.
sized gpu 3 512 50 --device cuda --quality exact --compare diffusers-fp16,diffusers,diffusers-compiled
sized gpu-images 3 512 50 --device cuda --quality exact --images 3 --only warm,cold --compare diffusers-fp16

for name in $only; do
  cat "$out/$name/bench.md"
  echo
done | tee "$out/report.md"
