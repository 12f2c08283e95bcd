#!/bin/sh
# Takes CUDA 13 and cuDNN 9 from a Python that has them for torch, in place of `kiln gpu install --cuda`:
# link-libraries.sh DATA [PYTHON], where DATA is KILN_DATA. Copies nothing.
set -eu
data=${1:?Cannot link: found no data folder, want link-libraries.sh DATA [PYTHON]}
python=${2:-python3}
packages=$("$python" -c 'import nvidia; print("\n".join(nvidia.__path__))') || {
  echo "Cannot link libraries of $python: found no package nvidia, want a torch for CUDA 13" >&2
  exit 1
}
mkdir -p "$data/gpu/lib"
printf '%s\n' "$packages" | while read -r folder; do
  find "$folder" -path '*/lib/lib*.so.*' -exec ln -sf {} "$data/gpu/lib/" \;
done
cd "$data/gpu/lib"
[ -e libcudart.so.13 ] || { echo "Cannot link libraries of $python: found no libcudart.so.13, want a torch for CUDA 13" >&2; exit 1; }
# The names that they are opened by.
ln -sf libcudnn.so.9 libcudnn.so
ln -sf libnvrtc.so.13 libnvrtc.so
echo "$(find . -name 'lib*' | wc -l) libraries in $data/gpu/lib"
