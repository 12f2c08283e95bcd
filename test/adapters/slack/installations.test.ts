import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInstallations } from '../../../src/adapters/slack/installations.js';
import { createSeal } from '../../../src/adapters/slack/seal.js';

const secret = Buffer.from('a secret of thirty-two bytes ...');

function stage() {
  const kept = new Map<string, string>();
  const changed: string[] = [];
  const memory = {
    get: async (name: string) => kept.get(name),
    async set(name: string, value: string | undefined) {
      if (value === undefined) kept.delete(name);
      else kept.set(name, value);
    },
  };
  const store = createInstallations(memory, createSeal(secret), (id) => changed.push(id));
  return { kept, changed, store };
}

const installation = {
  team: { id: 'T0FOX', name: 'Foxes' },
  enterprise: undefined,
  user: { token: undefined, scopes: undefined, id: 'U0ANNA' },
  bot: { token: 'xoxb-the-token', scopes: ['chat:write'], id: 'B1', userId: 'U0KILN' },
  isEnterpriseInstall: false,
};

test('an installation comes back as it was kept, and its token is not to be read where it is kept', async () => {
  const { kept, store } = stage();
  await store.storeInstallation(installation);
  expect((await store.get('T0FOX'))?.bot?.token).toBe('xoxb-the-token');
  const query = { teamId: 'T0FOX', enterpriseId: undefined, isEnterpriseInstall: false } as const;
  expect((await store.fetchInstallation(query)).bot?.userId).toBe('U0KILN');
  const bytes = [...kept.values()].map((value) => Buffer.from(value, 'base64').toString('latin1')).join();
  expect([...kept.values()].join() + bytes).not.toMatch(/xoxb|token|Foxes/);
});

test('one that was removed is gone, and whoever remembers its token is told', async () => {
  const { kept, changed, store } = stage();
  await store.storeInstallation(installation);
  await store.deleteInstallation?.({ teamId: 'T0FOX', enterpriseId: undefined, isEnterpriseInstall: false });
  expect(kept.size).toBe(0);
  expect(changed).toEqual(['T0FOX', 'T0FOX']);
  expect(await store.get('T0FOX')).toBeUndefined();
});

test('one of an organisation serves every workspace of it', async () => {
  const { store } = stage();
  const enterprise = { id: 'E0ALL', name: 'All' };
  await store.storeInstallation({ ...installation, team: undefined, enterprise, isEnterpriseInstall: true });
  const query = { teamId: 'T0FOX', enterpriseId: 'E0ALL', isEnterpriseInstall: false } as const;
  expect((await store.fetchInstallation(query)).bot?.token).toBe('xoxb-the-token');
});

test('what is sealed opens with its own secret and name alone, and only unchanged', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, flip) => {
      const seal = createSeal(secret);
      const sealed = seal.close(text, 'a');
      expect(seal.open(sealed, 'a')).toBe(text);
      expect(() => seal.open(sealed, 'b')).toThrow();
      expect(() => createSeal(randomBytes(32)).open(sealed, 'a')).toThrow();
      const bytes = Buffer.from(sealed, 'base64');
      bytes[at % bytes.length]! ^= flip;
      expect(() => seal.open(bytes.toString('base64'), 'a')).toThrow();
      expect(() => seal.open(sealed.slice(0, at % 20), 'a')).toThrow();
    }),
  );
});
