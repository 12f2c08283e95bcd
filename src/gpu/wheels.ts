/** A wheel of PyPI's that holds libraries, and what of it is wanted. */
export interface Wheel {
  /** As the index has it. */
  readonly project: string;
  /** The wheel's name there, with its version. */
  readonly file: string;
  readonly bytes: number;
  /** In hex: another file of that name is refused, whoever serves it. */
  readonly sha256: string;
  /** Paths in it that are unpacked; they lose their folders. */
  readonly wanted: RegExp;
  /** Names besides, each for a file of the same folder. */
  readonly links?: Readonly<Record<string, string>>;
}

/** Wheels that go into one folder, whole or not at all. */
export interface Bundle {
  /** In sentences. */
  readonly called: string;
  readonly wheels: readonly Wheel[];
}

/** Of the version of onnxruntime-node in package.json: a provider of another one does not load. */
const onnxRuntimeVersion = '1.30.0';

/**
 * ONNX Runtime's CUDA provider, which its npm package has not. The libraries of Python's wheels are no Python: the two
 * here are loaded by `libonnxruntime.so.1` from its own folder.
 */
export const providerBundle: Bundle = {
  called: `ONNX Runtime's CUDA provider ${onnxRuntimeVersion}`,
  wheels: [
    {
      project: 'onnxruntime-gpu',
      file: `onnxruntime_gpu-${onnxRuntimeVersion}-cp312-cp312-manylinux_2_28_x86_64.whl`,
      bytes: 246_685_715,
      sha256: '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1',
      wanted: /^onnxruntime\/capi\/libonnxruntime_providers_(shared|cuda)\.so$/,
    },
  ],
};

const libraries = /^nvidia\/\w+\/lib\/lib(cudart|cublas|cublasLt|curand|nvrtc|cudnn)[\w.-]*\.so\.[\d.]+$/;

/**
 * What that provider links to (libcudart, libcublas, libcublasLt, libcurand) and opens (libcudnn, libnvrtc) of CUDA
 * 13: the versions that torch 2.15 asks for, which most people have run. The driver's own `libcuda.so.1` is no part
 * of it. cuDNN is opened by a name that only its development package has, hence the links.
 */
export const cudaBundle: Bundle = {
  called: 'CUDA 13 and cuDNN 9',
  wheels: [
    {
      project: 'nvidia-cuda-runtime',
      file: 'nvidia_cuda_runtime-13.2.86-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      bytes: 2_323_576,
      sha256: '3498247680dfddce31bad102af7e3e26fc795342a3cac64722bb0fa95e7f60f0',
      wanted: libraries,
    },
    {
      project: 'nvidia-cuda-nvrtc',
      file: 'nvidia_cuda_nvrtc-13.2.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      bytes: 47_018_468,
      sha256: '8111c5130e967b78222ea2124145f8efe9ce201b752b2579a2513100a53be1c5',
      wanted: libraries,
      links: { 'libnvrtc.so': 'libnvrtc.so.13' },
    },
    {
      project: 'nvidia-curand',
      file: 'nvidia_curand-10.4.2.66-py3-none-manylinux_2_27_x86_64.whl',
      bytes: 59_954_122,
      sha256: '9bb3796a2f6223454b2e326e3d7572c1500cfa4d629de827676b4eeecd30ab0c',
      wanted: libraries,
    },
    {
      project: 'nvidia-cublas',
      file: 'nvidia_cublas-13.4.1.3-py3-none-manylinux_2_27_x86_64.whl',
      bytes: 404_870_805,
      sha256: 'a5917cb642cfb07f4a0231ee16aec7e2e0357d8cb8b1b78a0c9c68dba3e6afc7',
      wanted: libraries,
    },
    {
      project: 'nvidia-cudnn-cu13',
      file: 'nvidia_cudnn_cu13-9.26.0.51-py3-none-manylinux_2_27_x86_64.whl',
      bytes: 519_150_073,
      sha256: '9c976d539786698c71d6bcdbe2053b7485fae062ff7e1215d2f2ff67b1a2149a',
      wanted: libraries,
      links: { 'libcudnn.so': 'libcudnn.so.9' },
    },
  ],
};
