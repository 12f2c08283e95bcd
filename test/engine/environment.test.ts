import { describe, expect, it } from 'vitest';
import { engineEnvironment } from '../../src/engine/environment.js';

describe('engineEnvironment', () => {
  it.each([
    ['PATH', '/bin'],
    ['Path', 'C:\\Windows'],
    ['LC_ALL', 'de_DE.UTF-8'],
    ['CUDA_VISIBLE_DEVICES', '1'],
    ['NVIDIA_TF32_OVERRIDE', '0'],
    ['VK_DRIVER_FILES', '/usr/share/vulkan/swiftshader.json'],
    ['ORT_DISABLE_FLASH_ATTENTION', '1'],
    ['OMP_NUM_THREADS', '2'],
  ])('lets %s through', (name, value) => {
    expect(engineEnvironment({ [name]: value })).toEqual({ [name]: value });
  });

  it.each([
    'DISCORD_TOKEN',
    'SLACK_SIGNING_SECRET',
    'DATABASE_URL',
    'REDIS_URL',
    'HTTPS_PROXY',
    'NODE_OPTIONS',
    'LD_PRELOAD',
    'NVIDIA_API_KEY',
    'ORT_TOKEN',
    'SOMETHING_NEW',
  ])('keeps %s back', (name) => {
    expect(engineEnvironment({ [name]: 'x' })).toEqual({});
  });

  it('leaves out what is not set', () => {
    expect(engineEnvironment({ HOME: undefined, TZ: 'UTC' })).toEqual({ TZ: 'UTC' });
  });
});
