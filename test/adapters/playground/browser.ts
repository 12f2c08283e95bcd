import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

const whyNoBrowser = 'Chromium is not here, want /usr/bin/chromium of the package chromium';

export const phone = { width: 390, height: 844 };
export const laptop = { width: 1280, height: 800 };

/** Whether tests in a browser are left out, with a word on why. Where everything has to run they are not, and fail. */
export function withoutBrowser(): boolean {
  if (executablePath !== undefined || process.env.CI) return false;
  console.warn(whyNoBrowser);
  return true;
}

/** The one browser of a test file. */
export function openBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(whyNoBrowser);
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page of its own. What it logs as an error, a refusal by its policy among them, fails the test. */
export async function openPage(
  browser: Browser,
  url: string,
  options: {
    readonly viewport?: typeof phone;
    readonly colorScheme?: 'light' | 'dark';
    readonly expected?: RegExp;
  } = {},
): Promise<Page> {
  const { expected, ...settings } = options;
  const context = await browser.newContext({ viewport: laptop, reducedMotion: 'reduce', ...settings });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error') errors.push(line.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(errors.filter((error) => !expected?.test(error))).toEqual([]);
  });
  await page.addInitScript({ path: 'test/fixtures/in-page.mjs' });
  await page.goto(url);
  return page;
}

/** What the page has said to a screen reader. */
export function heardOn(page: Page): Promise<readonly string[]> {
  return page.evaluate('inPage.heard');
}

/** What is wrong for the eye, the finger or the ear with what is on the page now. */
export function faultsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate('inPage.faults()');
}
