import { randomUUID } from 'node:crypto';
import type { Handle } from '../../fakes/discord/handle.js';
import type { Person as DiscordPerson } from '../../fakes/discord/person.js';
import type { Delivered } from '../../fakes/slack/delivery/deliver.js';
import type { Person as SlackPerson } from '../../fakes/slack/people/person.js';
import type { Seen } from '../../fakes/slack/seen.js';
import type { Random } from '../random.js';
import type { Town } from './town.js';

/** Something that somebody asked, and how to tell whether Kiln took it. */
export interface Asked {
  readonly what: string;
  /** The key of its row, or a prompt that no other has. */
  readonly key?: string;
  readonly prompt?: string;
  /** Kiln has said that it arrived: its row must be there. */
  readonly answered: () => boolean;
}

/** People who ask for pictures, press buttons and change their minds, all by one seed. */
export interface People {
  readonly asked: readonly Asked[];
  /** One of them does something. */
  act(): void;
  /** Resolves when nobody waits for an answer any more. */
  settled(): Promise<void>;
  /** Acknowledgements that Slack waited for in vain while the connection stood. */
  readonly late: readonly string[];
}

/** The playground keeps sixty messages that ended. */
const mostAsks = 55;

/** Their pace is Slack's and Discord's: nobody's client waits longer for an answer than that. */
export function createPeople(town: Town, random: Random, address: () => string | undefined): People {
  const { discord, slack } = town;
  const asked: Asked[] = [];
  const late: string[] = [];
  const handles: { readonly handle: Handle; readonly who: DiscordPerson }[] = [];
  const waiting = new Set<Promise<unknown>>();
  let number = 0;
  let asks = 0;

  const chance = (percent: number) => random.below(100) < percent;

  function prompt(): string {
    number += 1;
    const kinds = ['takes 2 ms', 'takes 20 ms', 'takes 60 ms', 'flagged', 'refused', 'breaks'];
    const kind = chance(80) ? random.pick(kinds.slice(0, 3)) : chance(97) ? random.pick(kinds) : 'dies';
    const count = chance(70) ? '' : ` --count ${1 + random.below(4)}`;
    return `no.${number} of foxes, ${kind} --steps 3${count}`;
  }

  const wordsOf = (typed: string) => typed.split(' --')[0]!;

  function wait(work: Promise<unknown>): void {
    const done = work.catch(() => {}).finally(() => waiting.delete(done));
    waiting.add(done);
  }

  function slash(): void {
    const who = random.pick(town.discordPeople);
    const away = chance(4);
    const room = away
      ? town.elsewhere
      : chance(10)
        ? discord.channel({ dm: who })
        : random.pick(town.discordRooms);
    note(who.slash(room, 'imagine', { prompt: prompt() }, { userInstall: away }), who, 'a slash command');
  }

  function note(handle: Handle, who: DiscordPerson, what: string): void {
    const { interaction } = handle;
    const key = `discord:${interaction!.id}`;
    handles.push({ handle, who });
    // 5 is "Kiln is thinking …", which only an accepted job gets; errors come at once.
    asked.push({ what, key, answered: () => interaction!.callback === 5 });
    wait(handle.acknowledged);
  }

  function mention(): void {
    const who = random.pick(town.discordPeople);
    const handle = who.say(random.pick(town.discordRooms), `@Kiln ${prompt()}`);
    const key = `discord:message:${handle.said.id}`;
    asked.push({ what: 'a mention', key, answered: () => handle.message() !== undefined });
    handles.push({ handle, who });
  }

  /** A button of a message that an earlier request led to, where there is one. */
  function press(label: string): Handle | undefined {
    for (let tries = 0; tries < 8 && handles.length > 0; tries++) {
      const { handle, who } = handles[handles.length - 1 - random.below(Math.min(40, handles.length))]!;
      const message = handle.message();
      if (!message || message.channel === town.elsewhere) continue;
      if (!message.buttons.some((button) => button.label === label)) continue;
      const pressed = who.press(message, label);
      if (label === 'Edit') wait(fillIn(pressed, who));
      else if (label !== 'Cancel') note(pressed, who, `the button ${label}`);
      else wait(pressed.acknowledged);
      return pressed;
    }
    return undefined;
  }

  async function fillIn(pressed: Handle, who: DiscordPerson): Promise<void> {
    const typed = prompt();
    await pressed.acknowledged;
    if (pressed.modal) note(who.submit(pressed.modal, { prompt: typed, seed: '' }), who, 'a form');
  }

  function tellSlack(
    what: string,
    send: (sending: { mayFail: true; times?: number }) => Promise<Delivered>,
    how: { key?: (sent: Delivered) => string; prompt?: string; times?: number } = {},
  ): void {
    const { times } = how;
    wait(
      send({ mayFail: true, ...(times && { times }) }).then((sent) => {
        const about = how.key ? { key: how.key(sent) } : { prompt: how.prompt };
        if (how.key || how.prompt) {
          asked.push({ what, ...about, answered: () => sent.acknowledged !== undefined });
        }
        for (const { reason, ms } of sent.attempts) {
          if (reason === 'timeout') late.push(`${what}: no answer in ${Math.round(ms)} ms`);
        }
        return sent.settled;
      }),
    );
  }

  function tellSlackWords(): void {
    const who = random.pick(town.slackPeople);
    const room = random.pick(town.slackRooms);
    const typed = prompt();
    const times = chance(20) ? 4 : undefined;
    const key = (sent: Delivered) => {
      const { message } = sent as Delivered & { message: Seen };
      return `slack:${slack.home.id}/${message.channel}/${message.ts}`;
    };
    if (chance(25)) tellSlack('a direct message', (how) => who.dm(typed, how), { key, times });
    else tellSlack('a Slack mention', (how) => who.mention(room, typed, how), { key, times });
  }

  function tellSlackCommand(): void {
    const who = random.pick(town.slackPeople);
    const room = chance(12) ? town.closed : random.pick(town.slackRooms);
    const typed = prompt();
    tellSlack('a Slack command', (how) => who.slash('/imagine', typed, room, how), {
      prompt: wordsOf(typed),
    });
  }

  function pressInSlack(label: string): void {
    const room = random.pick(town.slackRooms);
    const message = slack
      .messages(room)
      .slice(-30)
      .reverse()
      .find(({ buttons }) => buttons.includes(label));
    const who = message && personOf(message);
    if (!message || !who) return;
    if (label === 'Edit') wait(fillInSlack(who, message));
    else tellSlack(`the Slack button ${label}`, (how) => who.press(message, label, how));
  }

  async function fillInSlack(who: SlackPerson, message: Seen): Promise<void> {
    const opened = await who.press(message, 'Edit', { mayFail: true });
    if (!opened.view) return;
    const typed = prompt();
    tellSlack('a Slack form', (how) => who.submit(opened.view!, { Prompt: typed, Seed: '' }, how), {
      prompt: wordsOf(typed),
    });
  }

  /** Whom a message is for: they may cancel it. */
  function personOf({ shown, thread, channel }: Seen): SlackPerson | undefined {
    const said = slack.messages({ id: channel } as never).find(({ ts }) => ts === thread)?.user;
    return town.slackPeople.find(({ id }) => id === said || shown.includes(id));
  }

  function ask(): void {
    if (asks++ >= mostAsks) {
      slash();
      return;
    }
    const key = randomUUID();
    const body = JSON.stringify({ key, text: `/imagine ${prompt()}` });
    let answered = false;
    asked.push({ what: 'the playground', key: `playground:${key}`, answered: () => answered });
    const post = async () => {
      // A page that got no answer asks again, with the same key.
      for (let tries = 0; tries < 20 && !answered; tries++) {
        const at = address();
        const response = at ? await send(`${at}/ask`, body) : undefined;
        if (response?.ok) answered = ((await response.json()) as { message?: string }).message !== undefined;
        else await new Promise((resolve) => setTimeout(resolve, 300).unref());
      }
    };
    wait(post());
  }

  const acts: readonly (readonly [number, () => unknown])[] = [
    [26, slash],
    [12, mention],
    [5, () => press('Re-roll')],
    [3, () => press('V1')],
    [3, () => press('Edit')],
    [3, () => press('Cancel')],
    [18, tellSlackWords],
    [14, tellSlackCommand],
    [4, () => pressInSlack('🔄 Re-roll')],
    [3, () => pressInSlack('Edit')],
    [2, () => pressInSlack('Cancel')],
    [4, ask],
    [3, weather],
  ];
  const whole = acts.reduce((sum, [weight]) => sum + weight, 0);

  /** Storms that pass by themselves. */
  function weather(): void {
    const count = 1 + random.below(3);
    const lost = random.pick([{ status: 'reset', carriedOut: true }, { status: 'reset' }] as const);
    if (chance(50)) {
      const storm = chance(60) ? { status: random.pick([429, 500, 502, 503] as const) } : lost;
      // An answer that is lost on its way to whoever asked cannot be told from one that was never given.
      discord.storm({ ...storm, count, routes: /^(PATCH|POST \/channels)/ });
    } else {
      const methods = [
        'chat.postMessage',
        'chat.update',
        'files.getUploadURLExternal',
        'upload',
        'files.completeUploadExternal',
        'conversations.history',
        'conversations.replies',
        'response_url',
      ];
      slack.storm({ status: random.pick([429, 500, 503, 'lost'] as const), count, methods });
    }
  }

  return {
    asked,
    late,
    act() {
      let at = random.below(whole);
      for (const [weight, act] of acts) {
        if (at < weight) {
          act();
          return;
        }
        at -= weight;
      }
    },
    async settled() {
      while (waiting.size > 0) await Promise.all(waiting);
    },
  };
}

async function send(url: string, body: string): Promise<Response | undefined> {
  try {
    const headers = { 'content-type': 'application/json', origin: new URL(url).origin };
    return await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(5000) });
  } catch {
    return undefined;
  }
}
