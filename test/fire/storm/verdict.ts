import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger, Row } from './ledger.js';
import type { Asked } from './people.js';
import type { Town } from './town.js';

/** A message of Kiln's that all can see. */
interface Posted {
  readonly place: string;
  readonly id: string;
  readonly text: string;
  readonly pictures: number;
}

const rank = { queued: 0, running: 1, drawn: 2, delivered: 3, failed: 3, cancelled: 3 };

/**
 * What is wrong at the end of a storm, held together from the log, the rooms and the disk; one sentence each.
 *
 * @example expect(verdictOf({ town, ledger, asked, folder })).toEqual([]);
 */
export function verdictOf({
  town,
  ledger,
  asked,
  folder,
}: {
  town: Town;
  ledger: Ledger;
  asked: readonly Asked[];
  folder: string;
}): string[] {
  const rows = ledger.rows();
  return [
    ...rows.filter(({ state, told }) => rank[state] < 3 || (state !== 'delivered' && !told)).map(stuck),
    ...missing(rows, asked),
    ...backwards(ledger),
    ...inTheRooms(rows, town, ledger),
    ...onTheDisk(ledger, folder),
  ];
}

function stuck({ id, state, told }: Row): string {
  return `stuck: job ${id} is ${state}${told ? '' : ', and nobody was told'}`;
}

function missing(rows: readonly Row[], asked: readonly Asked[]): string[] {
  const keys = new Set(rows.map(({ key }) => key));
  const prompts = new Set(rows.map(({ prompt }) => prompt));
  return asked
    .filter(({ answered, key, prompt }) => answered() && !keys.has(key ?? '') && !prompts.has(prompt ?? ''))
    .map(({ what, key, prompt }) => `lost: ${what} was answered and is not in the log (${key ?? prompt})`);
}

function backwards(ledger: Ledger): string[] {
  return ledger
    .moves()
    .filter(({ was, now, wasAttempt, attempt }) => {
      const again = was === 'running' && now === 'queued' && attempt === wasAttempt + 1;
      return !again && (rank[now] <= rank[was] || attempt !== wasAttempt);
    })
    .map(
      ({ job, was, now, attempt }) => `backwards: job ${job} went from ${was} to ${now}, attempt ${attempt}`,
    );
}

function inTheRooms(rows: readonly Row[], town: Town, ledger: Ledger): string[] {
  const faults: string[] = [];
  const posted = [...discordPosts(town), ...slackPosts(town), ...playgroundPosts(ledger)];
  const claimed = new Set<Posted>();
  const notices = cutOffNotices(town);
  for (const row of rows) {
    const unreachable = isUnreachable(row);
    const found = posted.filter((message) => isOf(row, message));
    for (const message of found) claimed.add(message);
    if (found.length > 1) faults.push(`twice: job ${row.id} (${row.state}) has ${found.length} messages`);
    const [message] = found;
    if (unreachable) continue;
    // Slack does not tell whether an answer through a response URL arrived: the asker is told that it may not have.
    if (!message && row.target.responded && notices.delete(String(row.target.user))) continue;
    if (!message)
      faults.push(`lost: job ${row.id} (${row.state}) has no message in ${row.platform}: ${row.prompt}`);
    else if (!shows(row, message)) {
      faults.push(
        `lost: job ${row.id} is ${row.state}, and its message says ${JSON.stringify(message.text)}`,
      );
    }
  }
  for (const message of posted) {
    if (!claimed.has(message)) {
      faults.push(
        `twice: a message of no job in ${message.place}: ${JSON.stringify(message.text.slice(0, 200))}`,
      );
    }
  }
  return faults;
}

/** Whom Kiln told that an answer may be missing. */
function cutOffNotices({ slack, closed }: Town): Set<string | undefined> {
  const told = slack.messages(closed).filter(({ shown }) => shown.includes('I was cut off'));
  return new Set(told.map(({ ephemeralTo }) => ephemeralTo));
}

/** Where Kiln is no member, an interaction's token is all there is, and that has died. */
function isUnreachable({ platform, member, state, errorCode, queued, ended }: Row): boolean {
  const late = (ended ?? 0) - queued > 13 * 60_000;
  return platform === 'discord' && !member && state === 'failed' && (late || errorCode === 'no-room');
}

function isOf({ id, platform, channel, target, prompt }: Row, message: Posted): boolean {
  // A thread has a channel of its own on Discord.
  if (message.place !== `${platform} ${target.channel ?? channel}`) return false;
  if (target.responded) return message.text.includes(`${prompt}`);
  const own = target.ts ?? target.message;
  return own === message.id || (own === undefined && message.text.includes(id));
}

function shows({ id, state, errorText }: Row, { text, pictures }: Posted): boolean {
  if (state === 'delivered') return pictures === 1 && text.includes(id);
  return pictures === 0 && text.includes(state === 'cancelled' ? 'Cancelled' : (errorText ?? 'It failed.'));
}

function discordPosts({ discord, discordRooms, elsewhere, discordPeople }: Town): Posted[] {
  const rooms = [...discordRooms, elsewhere, ...discordPeople.map((dm) => discord.channel({ dm }))];
  return rooms.flatMap((room) =>
    discord
      .messages(room)
      .filter(({ author, reader }) => author.bot && reader === undefined)
      .map(({ id, content, files, loading }) => ({
        place: `discord ${room.id}`,
        id,
        text: loading ? 'Kiln is thinking…' : content,
        pictures: files.length,
      })),
  );
}

function slackPosts({ slack, slackRooms, closed, slackPeople }: Town): Posted[] {
  const rooms = [...slackRooms, closed, ...slackPeople.map((person) => person.dmChannel())];
  return rooms.flatMap((room) =>
    slack
      .messages(room)
      .filter(({ bot, ephemeralTo }) => bot && ephemeralTo === undefined)
      .map(({ ts, shown, images }) => ({
        place: `slack ${room.id}`,
        id: ts,
        text: shown,
        pictures: images.length,
      })),
  );
}

function playgroundPosts(ledger: Ledger): Posted[] {
  const { messages } = JSON.parse(ledger.kept('playground/messages') ?? '{"messages":[]}') as {
    messages: { id: string; view?: { text: unknown[]; pictures?: unknown[] } }[];
  };
  return messages.map(({ id, view }) => ({
    place: 'playground playground',
    id,
    text: (view?.text ?? [])
      .map((piece) => (typeof piece === 'string' ? piece : Object.values(piece!)[0]))
      .join(''),
    pictures: view?.pictures?.length ?? 0,
  }));
}

function onTheDisk(ledger: Ledger, folder: string): string[] {
  const shown = new Set(ledger.kept('playground/messages')?.match(/[0-9a-f]{64}\.\w+/g));
  return [
    ...filesOf(join(folder, 'pictures'), ledger.keys(), 'row'),
    ...filesOf(join(folder, 'playground'), shown, 'message'),
  ];
}

function filesOf(folder: string, named: ReadonlySet<string>, by: string): string[] {
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
    : [];
  return [
    ...[...named]
      .filter((key) => !files.includes(key))
      .map((key) => `lost: the file ${key} of a ${by} is gone`),
    ...files.filter((name) => !named.has(name)).map((name) => `left: no ${by} names the file ${name}`),
  ];
}
