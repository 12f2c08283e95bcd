import { expect, it } from 'vitest';
import { keepSessions } from '../../src/engine/kept-sessions.js';
import type { Session } from '../../src/engine/session.js';

function stage(most: number, memory: { budget?: number; measure?: () => number } = {}) {
  const opened: string[] = [];
  const released: string[] = [];
  const gates = new Map<string, Promise<void>>();
  const kept = keepSessions({ most, ...memory });
  const network = (name: string, size: string) =>
    kept.network(name, size, async (): Promise<Session> => {
      opened.push(`${name} ${size}`);
      return {
        run: async () => {
          await gates.get(size);
          return {};
        },
        weightBytes: 10,
        release: async () => void released.push(`${name} ${size}`),
      };
    });
  return { opened, released, gates, kept, network };
}

it('a session is opened once for each size, and the least recently used one is closed', async () => {
  const { opened, released, network } = stage(2);
  for (const size of ['a', 'b', 'a', 'c', 'a']) await network('unet', size).run({});
  await network('vae', 'a').run({});
  expect(opened).toEqual(['unet a', 'unet b', 'unet c', 'vae a']);
  expect(released).toEqual(['unet b']);
});

it('a session in use is not closed, whatever is opened meanwhile', async () => {
  const { released, gates, network } = stage(1);
  let open = () => {};
  gates.set('a', new Promise((resolve) => (open = resolve)));
  const running = network('unet', 'a').run({});
  await network('unet', 'b').run({});
  expect(released).toEqual([]);
  open();
  await running;
  expect(released).toEqual(['unet a']);
});

it('one that could not be opened is tried again', async () => {
  const kept = keepSessions({ most: 1 });
  let tries = 0;
  const network = kept.network('unet', 'a', async () => {
    tries++;
    throw new Error('no');
  });
  await expect(network.open()).rejects.toThrow('no');
  await expect(network.open()).rejects.toThrow('no');
  expect(tries).toBe(2);
});

it('closing closes all', async () => {
  const { released, kept, network } = stage(4);
  await network('unet', 'a').open();
  await network('vae', 'a').open();
  await kept.close();
  expect(released).toEqual(['unet a', 'vae a']);
});

it('past the budget, networks give way to each other, the one used longest ago first', async () => {
  const { opened, released, network } = stage(4, { budget: 25 });
  for (const name of ['text', 'unet', 'unet', 'vae', 'unet', 'text']) await network(name, 'a').run({});
  expect(released).toEqual(['text a', 'vae a']);
  expect(opened).toEqual(['text a', 'unet a', 'vae a', 'text a']);
});

it('where memory is measured, room is made for what a network is known to take before it is opened again', async () => {
  let memory = 100;
  const sizes: Record<string, number> = { text: 10, unet: 60, vae: 50 };
  const log: string[] = [];
  const kept = keepSessions({ most: 4, budget: 200, measure: () => memory });
  const opening = (name: string) => {
    log.push(`+${name}`);
    memory += sizes[name]!;
  };
  const use = async (name: string) => {
    const network = kept.network(name, '', async () => {
      opening(name);
      return {
        run: async () => ({}),
        weightBytes: 0,
        release: async () => {
          memory -= sizes[name]!;
          log.push(`-${name}`);
        },
      };
    });
    await network.run({});
  };
  for (const name of ['text', 'unet', 'vae', 'text', 'unet']) await use(name);
  expect(log).toEqual(['+text', '+unet', '+vae', '-text', '-unet', '+text', '-vae', '+unet']);
  expect(memory).toBe(170);
});

it('one that is too large alone stays open for its next run', async () => {
  const { opened, network } = stage(4, { budget: 5 });
  for (let run = 0; run < 3; run++) await network('unet', 'a').run({});
  expect(opened).toEqual(['unet a']);
});

it('one that a drawing holds is closed for its equals, and not for what is much smaller', async () => {
  const log: string[] = [];
  let memory = 0;
  const kept = keepSessions({ most: 4, budget: 100, measure: () => memory });
  const network = (name: string, size: number) =>
    kept.network(name, '', async () => {
      memory += size;
      log.push(`+${name}`);
      return {
        run: async () => ({}),
        weightBytes: size,
        release: async () => {
          memory -= size;
          log.push(`-${name}`);
        },
      };
    });
  const [unet, tiny, decoder] = [network('unet', 120), network('tiny', 5), network('decoder', 90)];
  const release = unet.hold();
  for (let step = 0; step < 3; step++) for (const one of [unet, tiny]) await one.run({});
  expect(log).toEqual(['+unet', '+tiny', '-tiny', '+tiny', '-tiny', '+tiny', '-tiny']);
  log.length = 0;
  await decoder.run({});
  await unet.run({});
  await decoder.run({});
  expect(log).toEqual(['+decoder', '-decoder', '-unet', '+decoder']);
  release();
});

it('owners have names of their own, and close their own alone', async () => {
  const { released, kept, network } = stage(4);
  await network('unet', 'a').open();
  const other = kept.scope('with a LoRA');
  await other
    .network('unet', 'a', async () => ({
      run: async () => ({}),
      weightBytes: 1,
      release: async () => void released.push('the other'),
    }))
    .open();
  await other.close();
  expect(released).toEqual(['the other']);
  await kept.close();
  expect(released).toEqual(['the other', 'unet a']);
});
