/** What the engine and the native libraries in it read: where things are, the language, GPUs and threads. */
const allowed = new Set(
  [
    'PATH HOME USER LANG LANGUAGE TZ TMPDIR TMP TEMP XDG_CACHE_HOME XDG_RUNTIME_DIR',
    'SYSTEMROOT WINDIR USERPROFILE LOCALAPPDATA PROGRAMDATA NUMBER_OF_PROCESSORS',
    'LD_LIBRARY_PATH DYLD_LIBRARY_PATH VK_DRIVER_FILES VK_ICD_FILENAMES VK_ADD_DRIVER_FILES VK_LOADER_DEBUG',
    'CUDA_VISIBLE_DEVICES CUDA_DEVICE_ORDER CUDA_CACHE_PATH CUDA_CACHE_MAXSIZE CUDA_MODULE_LOADING CUDA_HOME CUDA_PATH',
    'NVIDIA_VISIBLE_DEVICES NVIDIA_DRIVER_CAPABILITIES NVIDIA_TF32_OVERRIDE',
    'MALLOC_ARENA_MAX GLIBC_TUNABLES',
  ].flatMap((names) => names.split(' ')),
);
const allowedPrefixes = ['LC_', 'ORT_', 'OMP_', 'KMP_', 'GOMP_', 'CUDNN_', 'CUBLAS_', 'MESA_', 'ASAN_'];
const secret = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/;

/**
 * The part of an environment that the engine's process gets: an allow list, so that a secret under any name stays
 * out. Not even `NODE_OPTIONS` goes over, which could make the engine load code of the bot's.
 *
 * @example engineEnvironment({ PATH: '/bin', DISCORD_TOKEN: '…' }); // { PATH: '/bin' }
 */
export function engineEnvironment(all: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(all).filter((entry): entry is [string, string] => {
    // Windows spells `Path` and `SystemRoot` as it likes.
    const name = entry[0].toUpperCase();
    const known = allowed.has(name) || allowedPrefixes.some((prefix) => name.startsWith(prefix));
    return entry[1] !== undefined && known && !secret.test(name);
  });
  return Object.fromEntries(entries);
}
