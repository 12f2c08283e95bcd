import { look } from './api.js';
import { element, icon, words } from './dom.js';
import { dialogHead, openDialog } from './form.js';
import { buttonRows } from './view.js';

/**
 * One picture large, with its settings and what can be done with it. Arrows turn to the next.
 *
 * @param press presses a button; gives whether the answer is to be seen elsewhere
 */
export function openPicture({ pictures, text, buttons = [] }, start, press) {
  let index = start;
  const shown = element('img');
  const caption = element('p', { className: 'caption text' }, words(text));
  const settings = element('div', { className: 'settings text', 'aria-live': 'polite' });
  const actions = element('div');
  const original = element('a', { className: 'button', target: '_blank', rel: 'noopener' }, 'Open the file');
  const turns =
    pictures.length > 1
      ? [
          turn('back', 'The picture before', -1, 'm15 5-7 7 7 7'),
          turn('on', 'The next picture', 1, 'm9 5 7 7-7 7'),
        ]
      : [];
  const dialog = openDialog(
    'picture',
    'Picture',
    element(
      'div',
      { className: 'viewer' },
      element('div', { className: 'stage' }, shown, turns),
      element(
        'aside',
        {},
        dialogHead('Picture'),
        caption,
        settings,
        actions,
        element('div', { className: 'files' }, original),
      ),
    ),
  );
  dialog.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowLeft') go(-1);
    if (key === 'ArrowRight') go(1);
  });
  draw();

  function turn(side, label, by, path) {
    return element(
      'button',
      { type: 'button', className: `icon turn ${side}`, 'aria-label': label, onclick: () => go(by) },
      icon(path),
    );
  }

  function go(by) {
    if (pictures.length < 2) return;
    index = (index + by + pictures.length) % pictures.length;
    draw();
  }

  function draw() {
    const picture = pictures[index];
    shown.src = picture.src;
    shown.alt = picture.alt || picture.name;
    original.href = picture.src;
    original.download = picture.name;
    const own = (button) => pictures.length === 1 || button.index === undefined || button.index === index + 1;
    const info = buttons.flat().find((button) => button.command === 'info' && own(button));
    const rows = buttons
      .map((row) => row.filter((button) => own(button) && button !== info))
      .filter((row) => row.length > 0);
    actions.replaceChildren(
      buttonRows(rows, async (button, made) => {
        if (await press(button, made)) dialog.close();
      }),
    );
    settings.replaceChildren();
    if (info) tellSettings(info, picture);
  }

  async function tellSettings(info, picture) {
    settings.textContent = 'Looking up its settings…';
    const view = await look(info.command, { job: info.job, ...(info.index && { index: info.index }) }).catch(
      () => undefined,
    );
    if (pictures[index] === picture) settings.replaceChildren(...(view ? words(view.text) : []));
  }
}
