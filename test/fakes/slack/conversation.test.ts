import type { App } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Mode, startBolt } from './boltApp.js';
import type { FakeSlack } from './contract.js';
import { startFakeSlack } from './fakeSlack.js';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const text = (words: string) => ({ type: 'plain_text', text: words }) as const;

const modal = {
  type: 'modal',
  callback_id: 'imagine',
  title: text('Imagine'),
  submit: text('Draw'),
  blocks: [
    {
      type: 'input',
      block_id: 'prompt',
      label: text('Prompt'),
      element: { type: 'plain_text_input', action_id: 'it' },
    },
    {
      type: 'input',
      block_id: 'model',
      optional: true,
      label: text('Model'),
      element: {
        type: 'static_select',
        action_id: 'it',
        options: ['tiny', 'sdxl'].map((value) => ({ text: text(value.toUpperCase()), value })),
      },
    },
  ],
} as const;

/** Uploads a picture, and shows it in a message as soon as Slack has digested it. */
async function showPicture(client: App['client'], channel: string, ts: string, refusals: string[]) {
  const { upload_url, file_id } = await client.files.getUploadURLExternal({
    filename: 'fox.png',
    length: png.length,
  });
  await fetch(upload_url!, { method: 'POST', body: new Uint8Array(png) });
  await client.files.completeUploadExternal({ files: [{ id: file_id!, title: 'fox' }] });
  for (;;) {
    try {
      await client.chat.update({
        channel,
        ts,
        text: 'a red fox',
        blocks: [
          { type: 'image', slack_file: { id: file_id! }, alt_text: 'a red fox' },
          {
            type: 'actions',
            elements: [{ type: 'button', action_id: 'reroll', text: text('🔄'), value: 'job-1' }],
          },
        ],
      });
      return;
    } catch (error) {
      const { data } = error as { data: { error: string; response_metadata: { messages: string[] } } };
      refusals.push(data.response_metadata.messages[0]!);
      if (data.error !== 'invalid_blocks' || refusals.length > 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

describe.each<Mode>(['HTTP', 'Socket Mode'])('over %s', (mode) => {
  let slack: FakeSlack;
  let stop = async () => {};

  beforeEach(async () => {
    slack = await startFakeSlack({ fileDelay: 1000 });
  });

  afterEach(async () => {
    await stop();
    await slack.close();
    slack.assertNoBreach();
  });

  async function start(add: (app: App) => void) {
    ({ stop } = await startBolt(slack, mode, add));
  }

  test('a mention is acknowledged, answered in its thread, and the answer becomes a picture', async () => {
    const refusals: string[] = [];
    await start((app) =>
      app.event('app_mention', async ({ event, client, say }) => {
        const { ts } = await say({ text: 'drawing …', thread_ts: event.thread_ts ?? event.ts });
        await showPicture(client, event.channel, ts!, refusals);
      }),
    );
    const channel = slack.channel();
    const said = await slack.user().mention(channel, 'a red fox');
    expect(said.acknowledged).toBeLessThan(3000);
    expect(said.message.text).toBe(`<@${slack.home.botUser}> a red fox`);

    const answer = await slack.until(() => slack.messages(channel).find((one) => one.images.length > 0));
    expect(answer.thread).toBe(said.message.ts);
    expect(answer.images[0]).toMatchObject({ alt: 'a red fox', file: { name: 'fox.png' } });
    expect(answer.images[0]!.file!.bytes).toEqual(png);
    expect(answer.buttons).toEqual(['🔄']);
    expect(answer.versions.map((one) => one.text)).toEqual(['drawing …', 'a red fox']);
    // Files are digested asynchronously, so that the first try comes too early.
    expect(refusals[0]).toBe('[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]');
  });

  test('a mention in a DM comes as two events about one message', async () => {
    const events: string[] = [];
    await start((app) => {
      app.event('app_mention', async ({ event }) => void events.push(`mention ${event.channel} ${event.ts}`));
      app.message(async ({ message }) => void events.push(`message ${message.channel} ${message.ts}`));
    });
    const ada = slack.user();
    const { message } = await ada.mention(slack.channel({ im: ada }), 'a fox');
    await slack.until(() => events.length === 2);
    expect(events.sort()).toEqual([
      `mention ${message.channel} ${message.ts}`,
      `message ${message.channel} ${message.ts}`,
    ]);
  });

  test('in a DM the app hears of its own messages and edits, as in Slack', async () => {
    const heard: string[] = [];
    await start((app) => {
      app.message(async ({ message, say, client }) => {
        heard.push(`${message.subtype ?? ''}`);
        if (message.subtype !== undefined) return;
        const { ts, channel } = await say('waiting');
        await client.chat.update({ channel: channel!, ts: ts!, text: 'done' });
      });
    });
    await slack.user().dm('a fox');
    await slack.until(() => heard.includes('message_changed'));
    expect(heard).toEqual(['', 'message_changed']);
  });

  test('an event told four times carries its retry numbers, and one event id', async () => {
    const seen: { id: string; retry: number | undefined }[] = [];
    await start((app) =>
      app.event('app_mention', async ({ body, context }) => {
        seen.push({ id: body.event_id, retry: context.retryNum });
      }),
    );
    const said = await slack.user().mention(slack.channel(), 'a fox', { times: 4 });
    expect(said.attempts.map((one) => one.retry?.num)).toEqual([undefined, 1, 2, 3]);
    await slack.until(() => seen.length === 4);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
    expect(seen.map(({ retry }) => retry ?? 0).sort()).toEqual([0, 1, 2, 3]);
  });

  test('a slash command is answered to the asker alone, then to all through its response_url', async () => {
    await start((app) =>
      app.command('/imagine', async ({ ack, respond, command }) => {
        await ack('in line');
        await respond({ response_type: 'in_channel', text: `drawn: ${command.text}` });
      }),
    );
    const [ada, channel] = [slack.user(), slack.channel({ private: true })];
    const done = await ada.slash('/imagine', 'a fox --ar 3:2', channel);
    expect(done.acknowledged).toBeLessThan(3000);
    const shown = await slack.until(() =>
      slack.messages(channel).length === 2 ? slack.messages(channel) : undefined,
    );
    const byWords = Object.fromEntries(shown.map((one) => [one.shown, one.ephemeralTo]));
    expect(byWords).toEqual({ 'in line': ada.id, 'drawn: a fox --ar 3:2': undefined });
  });

  test('a modal opens, tells what is wrong, and closes when it is filled in', async () => {
    const submitted: unknown[] = [];
    await start((app) => {
      app.command('/imagine', async ({ ack, client, body }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view: modal as never });
      });
      app.view('imagine', async ({ ack, view }) => {
        const prompt = view.state.values.prompt!.it!.value!;
        if (prompt === 'bad') return ack({ response_action: 'errors', errors: { prompt: 'not that' } });
        submitted.push(prompt, view.state.values.model!.it!.selected_option?.value);
        await ack();
      });
    });
    const ada = slack.user();
    const called = await ada.slash('/imagine', '', slack.channel());
    const view = await slack.until(() => called.view);
    expect(slack.modals(ada)).toEqual([view]);
    await expect(ada.submit(view, {})).rejects.toThrow('"Prompt" is required');
    await ada.submit(view, { prompt: 'bad' });
    expect(view).toMatchObject({ open: true, errors: { prompt: 'not that' } });
    await ada.submit(view, { Prompt: 'a fox', Model: 'SDXL' });
    expect(submitted).toEqual(['a fox', 'sdxl']);
    expect(slack.modals(ada)).toEqual([]);
  });

  test('a button, a shortcut and the Home tab reach the app', async () => {
    await start((app) => {
      app.event(
        'app_mention',
        ({ say }) =>
          say({
            text: 'a fox',
            blocks: [
              {
                type: 'section',
                text: text('a fox'),
                accessory: { type: 'button', action_id: 'reroll:1', text: text('Again') },
              },
            ],
          }) as never,
      );
      app.action(/^reroll/, async ({ ack, body, respond }) => {
        await ack();
        await respond({ replace_original: true, text: `again for ${body.user.id}` });
      });
      app.shortcut('reimagine', async ({ ack, shortcut, client }) => {
        await ack();
        if (shortcut.type !== 'message_action') return;
        const { channel, message } = shortcut;
        await client.chat.postMessage({
          channel: channel.id,
          thread_ts: message.ts,
          text: `as ${message.text}`,
        });
      });
      app.event('app_home_opened', async ({ event, client }) => {
        const blocks = [{ type: 'header', text: text('My pictures') }];
        await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
      });
    });
    const [ada, channel] = [slack.user(), slack.channel()];
    await ada.mention(channel, 'a fox');
    const answer = await slack.until(() => slack.messages(channel).find((one) => one.bot));
    expect((await ada.press(answer, 'Again')).acknowledged).toBeLessThan(3000);
    await slack.until(() => answer.shown === `again for ${ada.id}`);
    expect(answer.buttons).toEqual([]);
    await expect(async () => ada.press(answer, 'Again')).rejects.toThrow('nothing to press');

    await ada.shortcut(answer, 'reimagine');
    const reply = await slack.until(() => slack.messages(channel).find((one) => one.thread === answer.ts));
    expect(reply.shown).toBe(`as again for ${ada.id}`);

    await ada.openHome();
    const home = await slack.until(() => slack.homeTab(ada));
    expect(home.content.blocks[0]).toMatchObject({ type: 'header', text: { text: 'My pictures' } });
  });

  test('a file that a person attaches can be fetched with the token only', async () => {
    const urls: string[] = [];
    await start((app) =>
      app.event(
        'app_mention',
        async ({ event }) =>
          void urls.push((event as never as { files: { url_private: string }[] }).files[0]!.url_private),
      ),
    );
    await slack.user().mention(slack.channel(), 'like this', { files: [{ name: 'mine.png', bytes: png }] });
    const url = await slack.until(() => urls[0]);
    const headers = { authorization: `Bearer ${slack.botToken}` };
    const fetched = Buffer.from(await (await fetch(url, { headers })).arrayBuffer());
    expect(fetched).toEqual(png);
    const wrong = await fetch(url, {
      headers: { authorization: 'Bearer xoxb-of-nobody' },
      redirect: 'manual',
    });
    expect(wrong.status).toBe(302);
    const end = slack.tolerate('download');
    expect(await (await fetch(url)).text()).toContain('Sign in');
    expect(slack.tolerated.map((one) => one.rule)).toEqual(['download']);
    end();
  });
});
