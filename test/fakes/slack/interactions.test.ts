import type { App } from '@slack/bolt';
import { afterEach, describe, expect, test } from 'vitest';
import { startBolt } from './boltApp.js';
import type { FakeSlack } from './contract.js';
import { startFakeSlack } from './fakeSlack.js';
import type { Wire } from './wire.js';

const text = (words: string) => ({ type: 'plain_text', text: words });
const input = (block_id: string, element: Wire, optional = true) => ({
  type: 'input',
  block_id,
  optional,
  label: text(block_id),
  element: { action_id: 'it', ...element },
});
const options = (...values: string[]) => values.map((value) => ({ text: text(value), value }));
const modal = (fields: Wire) => ({
  type: 'modal',
  callback_id: 'm',
  title: text('M'),
  submit: text('Go'),
  ...fields,
});

const everything = modal({
  blocks: [
    input('prompt', { type: 'plain_text_input', max_length: 10, initial_value: 'a fox' }),
    input('steps', { type: 'number_input', is_decimal_allowed: false, min_value: '1', max_value: '50' }),
    input('model', {
      type: 'static_select',
      options: options('tiny', 'sdxl'),
      initial_option: options('sdxl')[0],
    }),
    input('extras', { type: 'checkboxes', options: options('tile', 'grid') }),
    input('who', { type: 'users_select' }),
    input('where', { type: 'multi_conversations_select' }),
    input('when', { type: 'datepicker' }),
    input('style', { type: 'external_select', min_query_length: 0 }),
    input('picture', { type: 'file_input', max_files: 1 }),
    {
      type: 'actions',
      block_id: 'row',
      elements: [{ type: 'button', action_id: 'more', text: text('More') }],
    },
  ],
});

let slack: FakeSlack;
let stop = async () => {};

afterEach(async () => {
  await stop();
  stop = async () => {};
  await slack.close();
});

/** An app whose /imagine opens this modal, and the modal opened. */
async function open(view: Wire, add: (app: App) => void) {
  slack = await startFakeSlack();
  const bolt = await startBolt(slack, 'HTTP', (app) => {
    app.command('/imagine', async ({ ack, client, body }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: view as never });
    });
    add(app);
  });
  stop = bolt.stop;
  const ada = slack.user();
  const called = await ada.slash('/imagine', '', slack.channel());
  return { ada, view: await slack.until(() => called.view, 'the modal') };
}

describe('a modal', () => {
  test('gives every field as Slack does, filled in or left as it began', async () => {
    let values: Wire = {};
    const { ada, view } = await open(everything, (app) =>
      app.view('m', async ({ ack, view: { state } }) => {
        values = state.values;
        await ack();
      }),
    );
    const file = ada.upload({ name: 'a.png', bytes: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1') });
    await ada.submit(view, {
      steps: 20,
      extras: ['grid'],
      who: ada.id,
      where: ['C1'],
      picture: [file],
      style: 'noir',
    });
    expect(values).toMatchObject({
      prompt: { it: { type: 'plain_text_input', value: 'a fox' } },
      steps: { it: { value: '20' } },
      model: { it: { selected_option: { value: 'sdxl' } } },
      extras: { it: { selected_options: [{ value: 'grid' }] } },
      who: { it: { selected_user: ada.id } },
      where: { it: { selected_conversations: ['C1'] } },
      when: { it: { selected_date: null } },
      style: { it: { selected_option: { value: 'noir' } } },
      picture: { it: { files: [{ id: file.id, mimetype: 'image/png' }] } },
    });
    expect(values.row).toBeUndefined();
    slack.assertNoBreach();
  });

  test.each<[Wire, string]>([
    [{ prompt: 'longer than ten' }, 'at most 10'],
    [{ steps: 51 }, 'from 1 to 50'],
    [{ steps: 1.5 }, 'from 1 to 50'],
    [{ model: 'huge' }, 'there is tiny, sdxl'],
    [{ nothing: 1 }, 'no field nothing'],
  ])('cannot be submitted with %j', async (values, words) => {
    const { ada, view } = await open(everything, () => {});
    await expect(ada.submit(view, values)).rejects.toThrow(words);
  });

  test('is pushed, updated and cleared by what the app answers', async () => {
    const answers: Wire[] = [
      { response_action: 'push', view: modal({ title: text('Second'), blocks: [{ type: 'divider' }] }) },
      { response_action: 'update', view: modal({ title: text('Third'), blocks: [{ type: 'divider' }] }) },
      { response_action: 'clear' },
    ];
    const { ada, view } = await open(everything, (app) =>
      app.view('m', ({ ack }) => ack(answers.shift() as never)),
    );
    const titles = () => slack.modals(ada).map((one) => one.content.title.text);
    await ada.submit(view);
    expect(titles()).toEqual(['M', 'Second']);
    await ada.submit(slack.modals(ada)[1]!);
    expect(titles()).toEqual(['M', 'Third']);
    await ada.submit(slack.modals(ada)[1]!);
    expect(titles()).toEqual([]);
    slack.assertNoBreach();
  });

  test.each<[string, Wire, string]>([
    ['errors for no field', { response_action: 'errors', errors: { row: 'no' } }, 'response_action'],
    ['an unknown action', { response_action: 'explode' }, 'response_action'],
    ['a wrong view', { response_action: 'update', view: modal({ blocks: [] }) }, 'invalid_arguments'],
  ])('answered with %s is a breach', async (_, answer, rule) => {
    const { ada, view } = await open(everything, (app) => app.view('m', ({ ack }) => ack(answer as never)));
    await ada.submit(view);
    expect(slack.breaches.map((one) => one.rule)).toEqual([rule]);
  });

  test('has buttons that change it, menus that ask the app, and tells when it is closed', async () => {
    const heard: string[] = [];
    const { ada, view } = await open({ ...everything, notify_on_close: true }, (app) => {
      app.action('more', async ({ ack, client, body }) => {
        await ack();
        const changed = modal({ notify_on_close: true, blocks: [{ type: 'header', text: text('More') }] });
        const { id, hash } = (body as unknown as { view: { id: string; hash: string } }).view;
        await client.views.update({ view_id: id, hash, view: changed as never });
        heard.push('more');
      });
      app.options('it', ({ ack, payload }) => ack({ options: options(`${payload.value} one`) } as never));
      app.view({ callback_id: 'm', type: 'view_closed' }, async ({ ack }) => {
        await ack();
        heard.push('closed');
      });
    });
    expect((await ada.suggest(view, 'style', 'no')).response).toMatchObject({
      options: [{ value: 'no one' }],
    });
    await ada.press(view, 'More');
    await slack.until(() => heard.includes('more'));
    expect(view.content.blocks[0]).toMatchObject({ type: 'header', text: { text: 'More' } });
    await ada.dismiss(view);
    await slack.until(() => heard.includes('closed'));
    expect(slack.modals(ada)).toEqual([]);
    slack.assertNoBreach();
  });
});

test('an ephemeral message is pressed by its reader alone, replaced and removed through its response_url', async () => {
  slack = await startFakeSlack();
  const blocks = [
    {
      type: 'actions',
      elements: ['Again', 'Gone'].map((label) => ({ type: 'button', action_id: label, text: text(label) })),
    },
  ];
  const bodies: Wire[] = [];
  const bolt = await startBolt(slack, 'HTTP', (app) => {
    app.command('/kiln', ({ ack }) => ack({ text: 'for you', blocks } as never));
    app.action('Again', async ({ ack, respond, body }) => {
      bodies.push(body);
      await ack();
      await respond({ replace_original: true, text: 'again', blocks: blocks as never });
    });
    app.action('Gone', async ({ ack, respond }) => {
      await ack();
      await respond({ delete_original: true });
    });
  });
  stop = bolt.stop;
  const [ada, ben, channel] = [slack.user(), slack.user(), slack.channel()];
  await ada.slash('/kiln', 'stats', channel);
  const [message] = slack.messages(channel);
  expect(message!.ephemeralTo).toBe(ada.id);
  await expect(async () => ben.press(message!, 'Again')).rejects.toThrow('does not see');
  await ada.press(message!, 'Again');
  await slack.until(() => message!.text === 'again');
  expect(bodies[0]).toMatchObject({ container: { is_ephemeral: true }, channel: { id: channel.id } });
  expect(bodies[0]!.message).toBeUndefined();
  await ada.press(message!, 'Gone');
  await slack.until(() => slack.messages(channel).length === 0);
  slack.assertNoBreach();
});

test('a menu in a message is chosen from', async () => {
  slack = await startFakeSlack();
  const chosen: unknown[] = [];
  const blocks = [
    { type: 'actions', elements: [{ type: 'static_select', action_id: 'pick', options: options('a', 'b') }] },
  ];
  const bolt = await startBolt(slack, 'Socket Mode', (app) => {
    app.event('app_mention', async ({ say }) => void (await say({ text: 'pick', blocks: blocks as never })));
    app.action('pick', async ({ ack, action }) => {
      chosen.push((action as unknown as Wire).selected_option.value);
      await ack();
    });
  });
  stop = bolt.stop;
  const [ada, channel] = [slack.user(), slack.channel()];
  await ada.mention(channel, 'pick');
  const message = await slack.until(() => slack.messages(channel).find((one) => one.bot));
  await ada.press(message, 'pick', { entry: 'b' });
  expect(chosen).toEqual(['b']);
  slack.assertNoBreach();
});

test('a deleted message cannot be pressed, and a DM tells of its deletion', async () => {
  slack = await startFakeSlack();
  const heard: string[] = [];
  const bolt = await startBolt(slack, 'HTTP', (app) =>
    app.message(async ({ message }) => void heard.push(`${message.subtype}`)),
  );
  stop = bolt.stop;
  const ada = slack.user();
  const { message } = await ada.dm('a fox');
  await ada.remove(message);
  expect(heard).toEqual(['undefined', 'message_deleted']);
  await expect(async () => ada.shortcut(message, 'reimagine')).rejects.toThrow('deleted');
});

test('100 slash commands at once are all acknowledged in time', async () => {
  slack = await startFakeSlack();
  const bolt = await startBolt(slack, 'HTTP', (app) => app.command('/imagine', ({ ack }) => ack()));
  stop = bolt.stop;
  const [ada, channel] = [slack.user(), slack.channel()];
  const all = await Promise.all(
    Array.from({ length: 100 }, (_, n) => ada.slash('/imagine', `${n}`, channel)),
  );
  expect(all.filter((one) => one.acknowledged === undefined)).toEqual([]);
  slack.assertNoBreach();
});
