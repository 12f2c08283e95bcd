import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from '../../../commands/index.js';
import { botScopes, eventScopes, methodScopes } from '../../../src/adapters/slack/methods.js';
import { commandModal } from '../../../src/adapters/slack/modal.js';
import { optionsOf } from '../../../src/command.js';
import { checkView } from '../../fakes/slack/blockKit/views.js';

const folder = 'src/adapters/slack/';
const code = readdirSync(folder)
  .filter((name) => name !== 'methods.ts')
  .map((name) => readFileSync(folder + name, 'utf8'))
  .join('\n');

/** The lines of the manifest as paths: `settings.socket_mode_enabled` and its value, lists by their place. */
function readManifest(): Map<string, string> {
  const found = new Map<string, string>();
  const path: { readonly indent: number; readonly name: string }[] = [];
  const counts = new Map<string, number>();
  const where = () => path.map(({ name }) => name).join('.');
  for (const line of readFileSync('manifest.yaml', 'utf8').split('\n')) {
    const [, spaces, dash, key, value] = /^( *)(- )?(?:([a-z_]+):(?: |$))?(.*)$/.exec(line)!;
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    let indent = spaces!.length;
    while (path.length > 0 && path.at(-1)!.indent >= indent) path.pop();
    if (dash) {
      const count = counts.get(where()) ?? 0;
      counts.set(where(), count + 1);
      path.push({ indent, name: String(count) });
      indent += 2;
    }
    if (key) path.push({ indent, name: key });
    if (value !== '') found.set(where(), value!.replace(/^"|"$/g, ''));
  }
  return found;
}

const manifest = readManifest();
const list = (pattern: RegExp) =>
  [...manifest].filter(([path]) => pattern.test(path)).map(([, value]) => value);

test('the manifest asks for the scopes of what Kiln calls and listens to, and for no others', () => {
  expect(list(/^oauth_config\.scopes\.bot\.\d+$/).sort()).toEqual(botScopes);
});

test('the methods that the code calls are those whose scopes are known', () => {
  const called = new Set(code.match(/'(auth|chat|conversations|files|users|views)\.[a-zA-Z.]+'/g));
  const clients = [...code.matchAll(/client\.(auth|chat|conversations|files|users|views)\.(\w+)\(/g)];
  for (const [, family, name] of clients) called.add(`'${family}.${name}'`);
  expect([...called].map((name) => name.slice(1, -1)).sort()).toEqual(Object.keys(methodScopes).sort());
});

test('the events of the manifest are those that the code listens to', () => {
  const events = list(/^settings\.event_subscriptions\.bot_events\.\d+$/);
  expect(events.sort()).toEqual(Object.keys(eventScopes).sort());
  const heard = [...code.matchAll(/app\.event\('(\w+)'/g)].map(([, name]) => name);
  expect(heard.sort()).toEqual(events.map((name) => name.split('.')[0]).sort());
});

test('every slash command is there and is answered, at the one address for everything', () => {
  const commands = list(/^features\.slash_commands\.\d+\.command$/);
  const pattern = new RegExp(/app\.command\(\/(.+)\/,/.exec(code)![1]!);
  expect(commands).toEqual(['/imagine', '/kiln']);
  for (const command of commands) expect(command).toMatch(pattern);
  const addresses = list(/url/);
  expect(addresses.length).toBe(5);
  for (const address of addresses)
    expect(address).toMatch(/^https:\/\/kiln\.example\/slack\/(events|oauth_redirect)$/);
  expect(code).toContain("const path = '/slack/events'");
  expect(code).toContain("redirectUriPath: '/slack/oauth_redirect'");
  expect(manifest.get('settings.interactivity.is_enabled')).toBe('true');
});

test('shortcuts are on messages, each called by the name of its command', () => {
  expect(list(/^features\.shortcuts\.\d+\.type$/)).toEqual(['message', 'message']);
  const names = list(/^features\.shortcuts\.\d+\.name$/);
  const ids = list(/^features\.shortcuts\.\d+\.callback_id$/);
  const menu = commands.filter(({ ways }) => ways.includes('menu'));
  expect(Object.fromEntries(ids.map((id, n) => [id, names[n]]))).toEqual(
    Object.fromEntries(menu.map(({ name, menuName }) => [name, menuName])),
  );
});

test.each(commands.map((command) => [command.name, command] as const))(
  'the form of %s is one that Slack takes',
  (_name, command) => {
    const view = commandModal(command, { channel: 'C0ART' }, { models: ['sprite'] });
    const inputs = view.blocks.length > 0;
    if (inputs) expect(checkView(view, 'modal', () => 'ready')).toEqual([]);
    expect(inputs).toBe(optionsOf(command).some(({ hidden }) => !hidden));
  },
);
