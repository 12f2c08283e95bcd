import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Playground } from '../../../src/adapters/playground/adapter.js';
import type { Form, Handle, Reply, Request } from '../../../src/request.js';
import { faultsOf, heardOn, laptop, openBrowser, openPage, phone, withoutBrowser } from './browser.js';
import { button, drawn, openPlayground, targetOf } from './playground.js';

const final = { weight: 'final', key: 'k3x9' } as const;
const progress = { weight: 'progress', key: 'k3x9' } as const;
const rows = [
  [1, 2, 3, 4].map((index) => button(`U${index}`, 'pick', index)),
  [1, 2, 3, 4].map((index) => button(`V${index}`, 'vary', index)),
  [{ ...button('Re-roll', 'reroll'), emoji: '🔄' }, button('Edit', 'edit'), button('Info', 'info')],
  [{ ...button('Delete', 'delete'), style: 'danger' } as const],
];
const form: Form = {
  title: 'Edit and draw again',
  command: 'imagine',
  job: 'k3x9',
  fields: [
    { name: 'prompt', label: 'Prompt', value: 'a red heart', long: true, required: true },
    { name: 'negative', label: 'Without' },
  ],
};

describe.skipIf(withoutBrowser())('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  /** A room whose drawings wait to be shown by the test; anything else is answered at once. */
  async function openDrawing(answers: Readonly<Record<string, Reply | Form>> = {}) {
    const asked: Request[] = [];
    const handle: Handle = async (request, responder) => {
      asked.push(request);
      const answer = answers[request.command];
      if (answer && 'fields' in answer) return responder.open(answer);
      if (answer) return responder.show(answer);
      await responder.acknowledge({ private: false });
      await responder.show({ text: ['Place 2 in line'], buttons: [[button('Cancel', 'cancel')]] });
    };
    return { ...(await openPlayground({ handle })), asked };
  }

  const lastTarget = (asked: readonly Request[]) => asked.at(-1)!.target;

  test.each([
    ['a laptop, light', laptop, 'light'],
    ['a phone, dark', phone, 'dark'],
  ] as const)(
    'a drawing goes from its words to its picture and buttons on %s',
    async (_name, viewport, colorScheme) => {
      const info: Reply = { text: [{ bold: 'Seed' }, ': 7'], private: true };
      const { room, url, asked } = await openDrawing({ info, pick: { text: ['Number 3'] } });
      const page = await openPage(browser, url, { viewport, colorScheme });
      expect(await faultsOf(page)).toEqual([]);

      await page.locator('#words').fill('/imagine a red heart --seed 7');
      await page.keyboard.press('Enter');
      await page.locator('main').getByText('Place 2 in line').waitFor();
      expect(await page.locator('#words').inputValue()).toBe('');
      expect(await page.locator('.asked').textContent()).toContain('/imagine a red heart --seed 7');
      expect(asked[0]).toMatchObject({ command: 'imagine', options: { typed: 'a red heart --seed 7' } });

      const drawing = { text: ['Drawing'], buttons: [[button('Cancel', 'cancel')]] };
      await page.getByRole('button', { name: 'Cancel' }).focus();
      for (const step of [1, 2, 5, 6, 10, 20]) {
        await room.show(
          lastTarget(asked),
          { ...drawing, progress: { step, steps: 20, preview: await drawn(step < 10 ? 'pink' : 'red', 8) } },
          progress,
        );
      }
      await page.locator('progress[value="20"]').waitFor();
      expect(await page.locator('.preview').evaluate(widthOf)).toBe(8);
      expect(await page.locator(':focus').textContent()).toBe('Cancel');
      expect(await faultsOf(page)).toEqual([]);

      await room.show(
        lastTarget(asked),
        { text: ['A ', { bold: 'red <heart>' }], pictures: [await drawn('red')], buttons: rows },
        final,
      );
      const picture = page.getByRole('img', { name: 'A red square' });
      await picture.waitFor();
      expect(await page.locator('.message').count()).toBe(1);
      expect(await page.locator('progress').count()).toBe(0);
      expect(await page.locator('main').getByText('red <heart>', { exact: true }).count()).toBe(1);
      expect(await faultsOf(page)).toEqual([]);
      expect((await heardOn(page)).filter((line) => /percent|Picture/.test(line))).toEqual(
        expect.arrayContaining(['Drawing: 100 percent', 'A red <heart>. Picture: A red square']),
      );

      await picture.click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Seed').waitFor();
      expect(await dialog.getByRole('button').allTextContents()).toEqual(
        expect.arrayContaining(['U1', 'Edit', 'Delete']),
      );
      expect(await faultsOf(page)).toEqual([]);
      await page.keyboard.press('Escape');
      expect(await dialog.count()).toBe(0);
      expect(await page.locator(':focus').getAttribute('aria-label')).toContain('A red square');

      await page.getByRole('button', { name: 'U3: Show picture 3' }).click();
      await page.locator('main').getByText('Number 3').waitFor();
      expect(asked.at(-1)).toMatchObject({ command: 'pick', options: { job: 'k3x9', index: 3 } });
    },
  );

  test('everything can be typed and chosen with the keyboard alone', async () => {
    const { url, asked } = await openDrawing();
    const page = await openPage(browser, url);
    const options = page.getByRole('option');
    expect(await page.locator(':focus').getAttribute('id')).toBe('words');
    await page.keyboard.type('/');
    expect(await options.allTextContents()).toEqual(
      expect.arrayContaining(['/imagineDraw a picture of what you describe']),
    );
    await page.keyboard.type('imagine');
    expect(await heardOn(page)).toEqual(expect.arrayContaining(['1 suggestions. /imagine']));
    await page.keyboard.press('Enter');
    expect(await page.locator('#words').inputValue()).toBe('/imagine ');
    expect(await page.locator('#hint').textContent()).toContain(
      'Draw a picture of what you describe: prompt',
    );
    await page.keyboard.type('a red heart --s');
    expect(await page.locator('[role=option] b').allTextContents()).toEqual([
      '--steps',
      '--seed',
      '--scheduler',
    ]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('#words').getAttribute('aria-activedescendant')).toBe('choice-2');
    await page.keyboard.press('Tab');
    expect(await options.allTextContents()).toEqual(['euler', 'ddim', 'heun']);
    await page.keyboard.type('h');
    await page.keyboard.press('Tab');
    await page.keyboard.type('--model sp');
    await options.filter({ hasText: 'sprout' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('--steps ');
    expect(await page.locator('#hint').textContent()).toBe('--steps: More take longer (1 to 100)');
    await page.keyboard.type('5 --');
    await page.keyboard.press('Escape');
    expect(await options.count()).toBe(0);
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Enter');
    await page.locator('main').getByText('Place 2 in line').waitFor();
    expect(asked.map((request) => request.options)).toEqual([
      { typed: 'a red heart --scheduler heun --model sprout --steps 5' },
    ]);
    await page.keyboard.press('ArrowUp');
    expect(await page.locator('#words').inputValue()).toContain('--scheduler heun');
    const reached: string[] = [];
    for (let press = 0; press < 20; press += 1) {
      await page.keyboard.press('Tab');
      const [focused] = await page.locator(':focus').all();
      reached.push((await focused?.getAttribute('aria-label')) ?? (await focused?.textContent()) ?? '');
    }
    for (const name of [
      'All options',
      'Send',
      'Skip to the message box',
      'Gallery',
      'Stats',
      'Dark colours',
      'Cancel',
      'Start from a picture',
    ]) {
      expect(reached.map((words) => words.trim())).toContain(name);
    }
  });

  test('a form asks for more in a dialog that Escape closes and a submit sends', async () => {
    const { room, url, asked } = await openDrawing({ edit: form });
    const page = await openPage(browser, url, { viewport: phone });
    await room.show(targetOf('one'), { text: ['Done'], buttons: rows }, final);
    const edit = page.getByRole('button', { name: 'Edit' });
    await edit.click();
    const dialog = page.getByRole('dialog', { name: 'Edit and draw again' });
    await dialog.waitFor();
    expect(await page.locator(':focus').inputValue()).toBe('a red heart');
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await dialog.count()).toBe(0);
    expect(asked.map(({ command }) => command)).toEqual(['edit']);

    await edit.click();
    await dialog.getByLabel('Prompt').fill('a green heart');
    await dialog.getByRole('button', { name: 'Send' }).click();
    await page.locator('main').getByText('Place 2 in line').waitFor();
    expect(asked.at(-1)).toMatchObject({
      command: 'imagine',
      options: { prompt: 'a green heart', job: 'k3x9' },
    });
    expect(await dialog.count()).toBe(0);
    expect(await page.locator('.asked').last().textContent()).toContain('Edit and draw again: a green heart');
  });

  test('every option can be filled in, and a picture comes along', async () => {
    const { room, url, asked } = await openDrawing();
    const page = await openPage(browser, url);
    await page.locator('#words').fill('a cat');
    const file = { name: 'cat.png', mimeType: 'image/png', buffer: (await drawn('blue')).bytes };
    await page.locator('#file').setInputFiles({ ...file, mimeType: 'image/gif' });
    await page.locator('#problem').getByText('it is image/gif, want a PNG, JPEG or WebP').waitFor();
    await page.locator('#file').setInputFiles(file);
    await page.locator('#attached-name').getByText('Starts from cat.png').waitFor();
    await page.getByRole('button', { name: 'All options' }).click();
    const dialog = page.getByRole('dialog', { name: 'Draw a picture' });
    expect(await dialog.getByLabel('Prompt').inputValue()).toBe('a cat');
    expect(await faultsOf(page)).toEqual([]);
    await dialog.getByLabel('Steps').fill('5');
    await dialog.getByLabel('Scheduler').selectOption('ddim');
    await dialog
      .getByLabel('Mask')
      .setInputFiles({ ...file, name: 'mask.png', buffer: (await drawn('white')).bytes });
    await dialog.getByRole('button', { name: 'Draw' }).click();
    await page.locator('main').getByText('Place 2 in line').waitFor();
    const { options, target } = asked[0]!;
    expect(options).toMatchObject({
      prompt: 'a cat',
      steps: '5',
      scheduler: 'ddim',
      image: { name: 'cat.png' },
      mask: { name: 'mask.png' },
    });
    expect(Buffer.from(await room.fetch(options.image as { url: string; name: string }, target))).toEqual(
      file.buffer,
    );
    const kept = page.getByRole('img', { name: 'The picture to start from' });
    expect(await kept.evaluate(widthOf)).toBe(64);
    expect(await page.getByRole('img', { name: 'A picture that came with it' }).evaluate(widthOf)).toBe(64);
    expect(await page.locator('#attached').isVisible()).toBe(false);
  });

  test.each(['drop', 'paste'])('a picture can be brought by %s', async (way) => {
    const { url, asked } = await openDrawing();
    const page = await openPage(browser, url);
    const { bytes } = await drawn('blue');
    await page.locator('#words').fill('a cat');
    await page.evaluate(`inPage.bring('${way}', [${[...bytes]}])`);
    await page.locator('#attached-name').getByText('Starts from brought.png').waitFor();
    await page.getByRole('button', { name: 'Leave the picture out' }).click();
    expect(await page.locator('#attached').isVisible()).toBe(false);
    await page.evaluate(`inPage.bring('${way}', [${[...bytes]}])`);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('main').getByText('Place 2 in line').waitFor();
    expect(asked[0]?.options).toMatchObject({
      typed: 'a cat',
      image: { name: 'brought.png', bytes: bytes.length },
    });
  });

  test('the gallery is searched, and the stats are a page', async () => {
    const picture = await drawn('orange');
    const item = { title: ['an orange'], body: ['seed 7'], picture, buttons: [button('Re-roll', 'reroll')] };
    const { url, asked } = await openDrawing({
      history: { text: ['Your drawings'], items: Array.from({ length: 5 }, () => item), private: true },
      stats: {
        text: ['The last day'],
        pictures: [picture],
        files: [{ name: 's.csv', bytes: Buffer.from('a'), type: 'text/csv' }],
      },
    });
    const page = await openPage(browser, url, { viewport: phone, colorScheme: 'dark' });
    await page.getByRole('link', { name: 'Gallery' }).click();
    await page.locator('#gallery-view .card').nth(4).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByLabel('Search').fill('orange');
    await expect.poll(() => asked.at(-1)?.options).toEqual({ search: 'orange' });
    await page.getByRole('link', { name: 'Stats' }).click();
    await page.locator('main').getByText('The last day').waitFor();
    await page.getByLabel('Period').selectOption('week');
    await expect.poll(() => asked.at(-1)).toMatchObject({ command: 'stats', options: { period: 'week' } });
    expect(await page.getByRole('link', { name: /s\.csv/ }).getAttribute('href')).toMatch(/^\/files\//);
    expect(await faultsOf(page)).toEqual([]);
    await page.goBack();
    await page.locator('#gallery-view .card').first().getByRole('button', { name: 'Re-roll' }).click();
    await page.locator('main').getByText('Place 2 in line').waitFor();
    expect(page.url()).toMatch(/#chat$/);
  });

  test('a page says when Kiln is gone, and finds the room again when it is back', async () => {
    const first = await openPlayground();
    const page = await openPage(browser, first.url, {
      expected: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY/,
    });
    await first.room.show(targetOf('one'), { text: ['Before'] }, final);
    await page.locator('main').getByText('Before').waitFor();
    await first.room.stop();
    await page.locator('#offline').waitFor();
    await page.locator('#words').fill('a red heart');
    const again: Playground = (await openPlayground({ kept: first.kept, port: first.port })).room;
    await again.show(targetOf('one'), { text: ['After'] }, final);
    await page.locator('main').getByText('After').waitFor();
    expect(await page.locator('.message').count()).toBe(1);
    expect(await page.locator('#offline').isVisible()).toBe(false);
    expect(await page.locator('#words').inputValue()).toBe('a red heart');
  });

  test('a browser logs in with the token', async () => {
    const token = 'correct horse battery';
    const { url } = await openPlayground({ host: '0.0.0.0', token });
    const page = await openPage(browser, url, { viewport: phone, expected: /401/ });
    expect(await faultsOf(page)).toEqual([]);
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.locator('main').getByText('the token is wrong').waitFor();
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What shall we draw?' }).waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
  });
});

/** Of a picture that has arrived and could be read; 0 of another. */
function widthOf(image: unknown): number {
  return (image as { naturalWidth: number }).naturalWidth;
}
