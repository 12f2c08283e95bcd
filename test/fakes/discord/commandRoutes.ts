import { type Bag, bag, list, number, text } from './bag.js';
import { checkCommand } from './checkCommand.js';
import { createForm } from './form.js';
import { Refusal } from './refusal.js';
import type { Call, Route } from './rest.js';
import type { World } from './world.js';

/** By type: chat input, user, message, entry point. */
const most: Readonly<Record<number, number>> = { 1: 100, 2: 15, 3: 15, 4: 1 };
const createsADay = 200;
const bucket = { limit: 20, milliseconds: 20_000 };

/** Registering application commands, everywhere and in one guild. */
export function commandRoutes(world: World): readonly Route[] {
  let creates: number[] = [];

  function at(call: Call): Map<string, Bag> {
    if (call.params.app !== world.bot.id) throw new Refusal(50001);
    const { guild = '' } = call.params;
    if (guild !== '' && !world.guilds.get(guild)?.bot) throw new Refusal(50001);
    const found = world.commands.get(guild) ?? new Map();
    world.commands.set(guild, found);
    return found;
  }

  const typeOf = (command: Bag) => (command.type === undefined ? 1 : number(command.type));
  const same = (a: Bag, b: Bag) => text(a.name) === text(b.name) && typeOf(a) === typeOf(b);

  function made(known: Map<string, Bag>, body: Bag, guild: string | undefined): Bag {
    const old = [...known.values()].find((each) => same(each, body));
    if (!old) {
      creates = creates.filter((time) => world.now() - time < 24 * 3600_000);
      if (creates.length >= createsADay) throw new Refusal(30034);
      creates.push(world.now());
    }
    return {
      id: old?.id ?? world.id(),
      application_id: world.bot.id,
      version: world.id(),
      default_member_permissions: null,
      nsfw: false,
      name_localizations: null,
      description_localizations: null,
      ...(guild ? { guild_id: guild } : { contexts: [0, 1, 2], integration_types: [0] }),
      description: '',
      ...body,
      type: typeOf(body),
    };
  }

  function fits(commands: Iterable<Bag>): void {
    const count: Record<number, number> = {};
    for (const each of commands) {
      const type = typeOf(each);
      count[type] = (count[type] ?? 0) + 1;
      if (count[type] > (most[type] ?? 0)) throw new Refusal(30032);
    }
  }

  function checked(commands: readonly Bag[], path: (index: number) => string): void {
    const form = createForm();
    for (const [index, command] of commands.entries()) {
      checkCommand(form, command, path(index));
      if (commands.findIndex((other) => same(other, command)) < index) {
        form.wrong(
          path(index),
          'APPLICATION_COMMANDS_DUPLICATE_NAME',
          `Application command names must be unique: ${text(command.name)}`,
        );
      }
    }
    form.check();
  }

  function one(call: Call): Bag {
    const found = at(call).get(call.params.command!);
    if (!found) throw new Refusal(10063);
    return found;
  }

  return ['/applications/:app/commands', '/applications/:app/guilds/:guild/commands'].flatMap(
    (path): Route[] => [
      { method: 'GET', path, bucket, answer: (call) => [...at(call).values()] },
      {
        method: 'PUT',
        path,
        bucket,
        answer(call) {
          const known = at(call);
          const wanted = list(call.entries).map(bag);
          checked(wanted, String);
          fits(wanted);
          const fresh = wanted.map((body) => made(known, body, call.params.guild));
          known.clear();
          for (const each of fresh) known.set(text(each.id), each);
          return fresh;
        },
      },
      {
        method: 'POST',
        path,
        bucket,
        status: 201,
        answer(call) {
          const known = at(call);
          checked([call.body], () => '');
          const fresh = made(known, call.body, call.params.guild);
          fits(new Map([...known, [text(fresh.id), fresh]]).values());
          known.set(text(fresh.id), fresh);
          return fresh;
        },
      },
      { method: 'GET', path: `${path}/:command`, bucket, answer: one },
      {
        method: 'PATCH',
        path: `${path}/:command`,
        bucket,
        answer(call) {
          const changed = { ...one(call), ...call.body, version: world.id() };
          checked([changed], () => '');
          at(call).set(call.params.command!, changed);
          return changed;
        },
      },
      {
        method: 'DELETE',
        path: `${path}/:command`,
        bucket,
        answer(call) {
          one(call);
          at(call).delete(call.params.command!);
        },
      },
    ],
  );
}
