import { describe, expect, test } from 'vitest';
import type { Task } from '../../../src/engine/drawing.js';
import { taskOf } from '../../../src/engine/tasks/taskOf.js';
import type { DrawRequest } from '../../../src/job.js';

const picture = { width: 1, height: 1, data: new Uint8Array(3) };
const init = picture;
const mask = picture;
const all: Task[] = ['text', 'picture', 'mask'];
const ask = (request: Partial<DrawRequest>, tasks: Task[]) =>
  taskOf({ prompt: 'a dog', ...request }, { name: 'dreamy', tasks });

test.each<[Partial<DrawRequest>, Task[], Task]>([
  [{}, all, 'text'],
  [{ init }, all, 'picture'],
  [{ init, mask }, all, 'mask'],
  [{ init }, ['picture'], 'picture'],
  [{ init, imageGuidance: 2 }, ['instruct'], 'instruct'],
  [{ init, noiseLevel: 30 }, ['upscale'], 'upscale'],
])('a request is a task to a model: %#', (request, tasks, task) => {
  expect(ask(request, tasks)).toBe(task);
});

describe('what a model cannot be asked for is refused in one sentence', () => {
  test.each<[Partial<DrawRequest>, Task[], string]>([
    [{}, ['instruct'], 'it changes a picture, want one given with the prompt'],
    [{}, ['upscale'], 'it enlarges a picture, want one given with the prompt'],
    [{ init, mask }, ['instruct'], 'it changes a picture as a whole, want no mask'],
    [{ init, strength: 0.5 }, ['upscale'], 'it enlarges a picture by looking at it, want no strength'],
    [{ init, noiseLevel: 20 }, ['instruct'], 'it enlarges no picture, want no noise level'],
    [{ init, imageGuidance: 1 }, all, 'it changes no picture by instruction, want no image guidance'],
    [{ init, mask }, ['picture'], 'it redraws whole pictures, want no mask'],
  ])('%#: %o to %o', (request, tasks, why) => {
    expect(() => ask(request, tasks)).toThrow(`Cannot draw with dreamy: ${why}`);
  });
});
