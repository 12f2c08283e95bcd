import { expect, test } from 'vitest';
import { peers, readPeers } from '../../src/bench/peers.js';

test('peers are named in a list, each once', () => {
  expect(readPeers(undefined)).toEqual([]);
  expect(readPeers('openvino, diffusers,openvino')).toEqual(['openvino', 'diffusers']);
  expect(readPeers('all')).toEqual(Object.keys(peers));
});

test.each(['tensorflow', '', 'diffusers,', 'toString'])('there is no peer %j', (list) => {
  const unknown = list.split(',').at(-1);
  expect(() => readPeers(list)).toThrow(
    `Cannot compare with "${unknown}": want some of ${Object.keys(peers).join(', ')}, or all`,
  );
});
