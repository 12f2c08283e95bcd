import { describe, expect, test } from 'vitest';
import type { Person } from '../fakes/slack/people/person.js';
import { slackStage, told } from './slackStage.js';

const stage = slackStage({ each: 'file' });

const home = (who: Person, words: RegExp) =>
  stage.slack.until(() => {
    const tab = stage.slack.homeTab(who);
    return tab && words.test(JSON.stringify(tab.content)) && tab;
  }, `a home tab with ${words}`);

describe('App Home', () => {
  test('shows the line and the person’s own pictures, and its buttons answer in their conversation', async () => {
    const { slack } = stage;
    const ada = slack.user();
    const bob = slack.user();
    const channel = slack.channel();
    await ada.openHome();
    await home(ada, /The line.*Nothing of yours.*My pictures.*0 so far/);
    await ada.slash('/imagine', 'a lighthouse', channel);
    await bob.slash('/imagine', 'a whale', channel);
    await stage.picture(channel, 'a lighthouse');
    await stage.picture(channel, 'a whale');
    await ada.openHome();
    const tab = await home(ada, /My pictures.*a lighthouse/);
    const shown = JSON.stringify(tab.content);
    expect(shown).not.toContain('a whale');
    expect(shown).toMatch(/"type":"image","slack_file":\{"id":"F[^"]+"\},"alt_text":"a lighthouse"/);
    await ada.press(tab, 'Show');
    const again = await stage.picture(ada.dmChannel(), 'a lighthouse');
    expect(again.buttons).toContain('Upscale ×2');
    await ada.press(tab, '🔄 Re-roll');
    const rolled = await slack.until(() =>
      slack.messages(ada.dmChannel()).find(({ shown, images }) => images[0] && shown.includes('re-roll of')),
    );
    expect(rolled.pings.map(({ id }) => id)).toContain(ada.id);
  });

  test('shows what waits, and Cancel there ends it', async () => {
    const { slack } = stage;
    const ada = slack.user();
    const channel = slack.channel();
    await ada.slash('/imagine', 'a glacier takes 3000 ms', channel);
    await slack.until(() => slack.messages(channel).some(({ shown }) => shown.includes('Drawing')));
    await ada.openHome();
    const tab = await home(ada, /a glacier.*is drawn now/);
    await ada.press(tab, 'Cancel');
    await slack.until(() => slack.messages(channel).some(({ shown }) => shown.endsWith('Cancelled.')));
    await home(ada, /Nothing of yours/);
  });
});

describe('message shortcuts', () => {
  test.each(['a channel', 'a thread', 'a conversation with Kiln'])(
    'Re-imagine opens the prompt of Kiln’s picture, and draws what it becomes, in %s',
    async (where) => {
      const { slack } = stage;
      const ada = slack.user();
      const channel = where === 'a conversation with Kiln' ? ada.dmChannel() : slack.channel();
      if (where === 'a thread') await ada.mention(channel, 'a tower');
      else await ada.slash('/imagine', 'a tower', channel);
      const tower = await stage.picture(channel, 'a tower');
      const { view } = await ada.shortcut(tower, 'reimagine');
      expect(JSON.stringify(view!.content)).toContain('a tower');
      await ada.submit(view!, { prompt: 'a leaning tower' });
      const leaning = await stage.picture(channel, 'a leaning tower');
      expect(leaning.thread).toBe(tower.thread);
    },
  );

  test('Re-imagine of somebody’s words draws them, and of a message without words says so', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const bob = slack.user();
    const { message } = await bob.say(channel, 'my cat in a hat &amp; tie');
    const { view } = await ada.shortcut(message, 'reimagine');
    expect(JSON.stringify(view!.content)).toContain('my cat in a hat & tie');
    await ada.submit(view!);
    await stage.picture(channel, 'my cat in a hat & tie');
    const { message: empty } = await bob.say(channel, ' ');
    await ada.shortcut(empty, 'reimagine');
    const refused = await slack.until(() =>
      slack.messages(channel).find((one) => one.ephemeralTo === ada.id),
    );
    expect(refused.shown).toContain('found no words in it');
  });

  test('Prompt of this tells the asker alone what made a picture, and is on no other message', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const bob = slack.user();
    await ada.slash('/imagine', 'a harbour --seed 12', channel);
    await bob.shortcut(await stage.picture(channel, 'a harbour'), 'promptof');
    const whispers = () => slack.messages(channel).filter(({ ephemeralTo }) => ephemeralTo === bob.id);
    const info = await slack.until(() => whispers()[0]);
    expect(told(info)).toMatch(/Prompt: a harbour[\s\S]*Seed: 12/);
    await bob.shortcut((await ada.say(channel, 'hello')).message, 'promptof');
    const refused = await slack.until(() => whispers()[1]);
    expect(refused.shown).toContain('want one with a picture of mine');
  });
});
