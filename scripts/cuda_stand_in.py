"""Libraries that stand in for CUDA, to open and run sessions of ONNX Runtime's own CUDA provider without a GPU.

Memory is the host's, kernels are named and not run, so results mean nothing. What is real: where each node is placed,
every check that a kernel makes on the host, which kernel is chosen for a compute capability, and all of Kiln around it.

Needs gcc, nm and strings, and the provider:

    npx kiln gpu install
    python scripts/cuda_stand_in.py node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so build
    LD_LIBRARY_PATH=build ORT_STAND_IN_SM=86 npx kiln draw "a red heart" --device cuda
    LD_LIBRARY_PATH=build ORT_STAND_IN_SM=86 npx vitest run --config vitest.cuda.config.ts

In a copy of the checkout: with the provider there, `--device auto` takes the GPU that is none. ORT_STAND_IN_KERNELS=1
names every kernel on stderr, in a session of your own: the engine's process keeps its stderr to itself.
"""

import re
import subprocess
import sys
from pathlib import Path

HEAD = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int sm(void) { const char *s = getenv("ORT_STAND_IN_SM"); return s ? atoi(s) : 80; }
static int handle(void **p) { *p = calloc(1, 65536); return *p ? 0 : 2; }
static int told(const char *name) { if (getenv("ORT_STAND_IN_KERNELS")) fprintf(stderr, "%s\\n", name); return 0; }
"""

# What has to answer more than 0, by name. The rest does nothing.
SPECIAL = r"""
int cudaGetDeviceCount(int *n) { *n = 1; return 0; }
int cudaGetDevice(int *n) { *n = 0; return 0; }
int cudaDriverGetVersion(int *n) { *n = 13000; return 0; }
int cudaRuntimeGetVersion(int *n) { *n = 13000; return 0; }
int cudaGetDeviceProperties(char *p, int device) {
  /* The start of CUDA 13's cudaDeviceProp (driver_types.h). */
  struct { char name[256]; char uuid[16]; char luid[8]; unsigned mask; size_t memory, shared; int registers, warp;
    size_t pitch; int threads, dim[3], grid[3]; size_t constant; int major, minor; size_t texture, texturePitch;
    int processors; } known = { "stand-in", "", "", 0, 24ull << 30, 49152, 65536, 32, 0, 1024, { 1024, 1024, 64 },
    { 2147483647, 65535, 65535 }, 65536, sm() / 10, sm() % 10, 512, 32, 108 };
  memcpy(p, &known, sizeof known); return 0; }
int cudaDeviceGetAttribute(int *v, int a, int d) {
  *v = a == 16 ? 108 : a == 75 ? sm() / 10 : a == 76 ? sm() % 10 : a == 97 ? 166912 : a == 8 ? 49152
     : a == 81 ? 167936 : a == 1 ? 1024 : a == 39 ? 2048 : a == 10 ? 32 : 1; return 0; }
int cudaMalloc(void **p, size_t n) { *p = calloc(1, n + 4096); return *p ? 0 : 2; }
int cudaMallocFromPoolAsync(void **p, size_t n, void *pool, void *s) { return cudaMalloc(p, n); }
int cudaMallocHost(void **p, size_t n) { return cudaMalloc(p, n); }
int cudaHostAlloc(void **p, size_t n, unsigned f) { return cudaMalloc(p, n); }
int cudaFree(void *p) { free(p); return 0; }
int cudaFreeAsync(void *p, void *s) { free(p); return 0; }
int cudaFreeHost(void *p) { free(p); return 0; }
int cudaMemcpy(void *d, const void *s, size_t n, int k) { memcpy(d, s, n); return 0; }
int cudaMemcpyAsync(void *d, const void *s, size_t n, int k, void *st) { memcpy(d, s, n); return 0; }
int cudaMemcpy2DAsync(char *d, size_t dp, const char *s, size_t sp, size_t w, size_t h, int k, void *st) {
  for (size_t i = 0; i < h; i++) memcpy(d + i * dp, s + i * sp, w); return 0; }
int cudaMemset(void *d, int v, size_t n) { memset(d, v, n); return 0; }
int cudaMemsetAsync(void *d, int v, size_t n, void *s) { memset(d, v, n); return 0; }
int cudaMemGetInfo(size_t *f, size_t *t) { *f = 20ull << 30; *t = 24ull << 30; return 0; }
int cudaStreamCreate(void **s) { return handle(s); }
int cudaStreamCreateWithFlags(void **s, unsigned f) { return handle(s); }
int cudaStreamIsCapturing(void *s, int *status) { *status = 0; return 0; }
int cudaEventCreate(void **e) { return handle(e); }
int cudaEventCreateWithFlags(void **e, unsigned f) { return handle(e); }
int cudaEventElapsedTime(float *t, void *a, void *b) { *t = 1; return 0; }
int cudaMemPoolCreate(void **p, void *x) { return handle(p); }
int cudaPointerGetAttributes(int *a, const void *p) { memset(a, 0, 24); a[0] = 2; return 0; }
const char *cudaGetErrorString(int e) { return "stand-in"; }
const char *cudaGetErrorName(int e) { return "stand-in"; }
int cudaFuncGetAttributes(char *a, const void *f) { memset(a, 0, 128); return 0; }
int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *n, const void *f, int b, size_t s, unsigned o) { *n = 2; return 0; }
int cudaGetDriverEntryPointByVersion(const char *n, void **f, unsigned v, unsigned long long o, int *q) { *f = 0; if (q) *q = 1; return 0; }
static struct { const void *host; const char *name; } *kernels; static int used, room;
static void *binary;
void **__cudaRegisterFatBinary(void *b) { return &binary; }
void __cudaRegisterFunction(void **b, const char *host, char *device, const char *name, int l, void *t, void *i, void *bd, void *g, int *w) {
  if (used == room) kernels = realloc(kernels, (room = room ? 2 * room : 4096) * sizeof *kernels);
  kernels[used].host = host; kernels[used++].name = name; }
static int launched(const void *f) { for (int i = 0; i < used; i++) if (kernels[i].host == f) return told(kernels[i].name); return told("?"); }
int __cudaGetKernel(const void **kernel, const void *entry) { *kernel = entry; return 0; }
int __cudaPopCallConfiguration(unsigned *g, unsigned *b, size_t *s, void **st) {
  for (int i = 0; i < 3; i++) g[i] = b[i] = 1; *s = 0; *st = 0; return 0; }
int __cudaLaunchKernel(const void *f) { return launched(f); }
int cudaLaunchKernel(const void *f) { return launched(f); }
int cudaLaunchCooperativeKernel(const void *f) { return launched(f); }
int cudaLaunchKernelExC(void *c, const void *f) { return launched(f); }
int cuGetErrorName(int e, const char **s) { *s = "stand-in"; return 0; }
int cuModuleLoadData(void **m, const void *d) { return handle(m); }
int cuModuleGetFunction(const void **f, void *m, const char *name) { *f = name; return 0; }
int cuLaunchKernel(const char *name) { return told(name); }
const char *cublasGetStatusName(int s) { return "stand-in"; }
const char *cublasGetStatusString(int s) { return "stand-in"; }
int cublasGetMathMode(void *h, int *m) { *m = 0; return 0; }
int cublasLtMatmulAlgoGetHeuristic(void *h, void *o, void *a, void *b, void *c, void *d, void *p, int want, void *r, int *got) { memset(r, 0, 96); *got = 1; return 0; }
size_t cudnnGetVersion(void) { return 91300; }
const char *cudnnGetErrorString(int s) { return "stand-in"; }
void cudnnGetLastErrorString(char *m, size_t n) { if (n) *m = 0; }
int cudnnBackendCreateDescriptor(int type, void **d) { return handle(d); }
int cudnnBackendGetAttribute(void *d, int name, int type, int64_t want, int64_t *got, void *a) {
  /* One of everything; descriptors (15) are made by the caller, 3 is an int64_t. */
  if (got) *got = 1; if (a && want > 0 && type != 15) memset(a, 0, type == 3 ? 8 : 4); return 0; }
"""

# Of `xCreate…(void **)`: the caller wants something to hold.
CREATES = re.compile(r"^(cublasCreate_v2|cublasLtCreate|cublasLt\w+(Desc|Preference|Layout)Create|cudnnCreate\w*)$")


def symbols(provider: str) -> dict[str, set[str]]:
    """The functions that the provider wants, by library; those of cuDNN and the driver it looks up by name."""
    wanted: dict[str, set[str]] = {}
    for line in output("nm", "-D", "--undefined-only", provider):
        name, _, library = line.split(" ")[-1].partition("@")
        if re.match(r"lib(cudart|cublas|cublasLt|curand)\.so", library):
            wanted.setdefault(library, set()).add(name)
        elif re.match(r"cu[A-Z]", name):
            wanted.setdefault("libcuda.so.1", set()).add(name)
    words = output("strings", provider)
    driver = {word for word in words if re.fullmatch(r"cu[A-Z][a-z]+[A-Z]\w+", word)}
    wanted.setdefault("libcuda.so.1", set()).update(driver)
    wanted["libcudnn.so"] = {name for word in words for name in re.findall(r"cudnn[A-Z]\w+", word)}
    wanted.setdefault("libcurand.so.10", set())
    return wanted


def output(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")


def source(library: str, names: set[str]) -> str:
    parts = re.split(r"\n(?=\w)", SPECIAL.strip())
    special = {(re.search(r"(\w+)\(", part) or [part, part])[1]: part for part in parts}
    lines = [HEAD]
    if "cudart" in library:  # static state comes along
        lines += [part for name, part in special.items() if not re.match(r"cu[A-Z]|cublas|cudnn", name)]
        names = names - special.keys()
    for name in sorted(names):
        if name in special:
            lines.append(special[name])
        elif CREATES.match(name):
            lines.append(f"int {name}(void **p) {{ return handle(p); }}")
        else:
            lines.append(f"int {name}(void) {{ return 0; }}")
    return "\n".join(lines)


def main() -> None:
    provider, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for library, names in symbols(provider).items():
        code, versions = folder / f"{library}.c", folder / f"{library}.map"
        code.write_text(source(library, names))
        # The provider asks for its symbols by version, named as the library.
        versions.write_text(f"{library} {{ global: *; }};\n")
        versioned = [] if library in ("libcuda.so.1", "libcudnn.so") else [f"-Wl,--version-script={versions}"]
        flags = ["-w", "-shared", "-fPIC", f"-Wl,-soname,{library}", *versioned]
        subprocess.run(["gcc", *flags, "-o", folder / library, code], check=True)


if __name__ == "__main__":
    main()
