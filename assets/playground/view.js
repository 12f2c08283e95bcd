import { element, icon, plain, words } from './dom.js';

/** Signs that not every machine has a font for. */
const drawings = {
  '🔄': 'M20 11a8 8 0 0 0-14.6-3.4L4 9.5m0-5v5h5M4 13a8 8 0 0 0 14.6 3.4l1.4-1.9m0 5v-5h-5',
};

/**
 * The buttons of a reply, in rows.
 *
 * @param press called with the button and its element
 */
export function buttonRows(rows, press) {
  return element(
    'div',
    { className: 'buttons' },
    rows.map((row) =>
      element(
        'div',
        {},
        row.map((button) => buttonOf(button, press)),
      ),
    ),
  );
}

function buttonOf(button, press) {
  const { label, emoji, style, command, job, index } = button;
  const made = element('button', {
    type: 'button',
    className: `button ${style ?? ''}`,
    onclick: () => press(button, made),
  });
  if (emoji)
    made.append(drawings[emoji] ? icon(drawings[emoji]) : element('span', { 'aria-hidden': 'true' }, emoji));
  made.append(element('span', {}, label));
  made.dataset.press = `${command} ${job} ${index ?? ''}`;
  if (/^[UV]\d$/.test(label)) {
    const what = label.startsWith('U') ? 'Show picture' : 'Vary picture';
    made.setAttribute('aria-label', `${label}: ${what} ${index}`);
    made.title = `${what} ${index}`;
  }
  return made;
}

/** Pictures that open large when they are pressed. */
export function pictureGrid(pictures, open) {
  return element(
    'div',
    { className: pictures.length > 1 ? 'pictures several' : 'pictures' },
    pictures.map((picture, index) =>
      element(
        'button',
        {
          type: 'button',
          onclick: () => open(index),
          'aria-label': `${picture.alt || picture.name}. Open large`,
        },
        image(picture),
      ),
    ),
  );
}

export function image({ src, alt, name, width, height }) {
  const made = element('img', { alt: alt || name, width, height, decoding: 'async' });
  made.src = src;
  return made;
}

export function fileLinks(files) {
  return element(
    'div',
    { className: 'files' },
    files.map(({ href, name, bytes }) =>
      element('a', { className: 'button', href, download: name }, `${name} (${size(bytes)})`),
    ),
  );
}

function size(bytes) {
  return bytes < 1024
    ? `${bytes} bytes`
    : bytes < 2 ** 20
      ? `${Math.round(bytes / 1024)} KiB`
      : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** A list of rows, each with its words, small picture and buttons. */
export function itemList(items, { press, open }) {
  return element(
    'ul',
    { className: 'items' },
    items.map((item) => {
      const { title, body, picture, buttons } = item;
      return element(
        'li',
        { className: picture ? 'card' : 'card plain' },
        picture &&
          element(
            'button',
            {
              type: 'button',
              className: 'thumb',
              onclick: () => open(item),
              'aria-label': `${plain(title)}. Open large`,
            },
            image(picture),
          ),
        element('p', { className: 'title' }, words(title)),
        body && element('p', { className: 'body' }, words(body)),
        buttons?.length && buttonRows([buttons], press),
      );
    }),
  );
}

/** A drawing under way, whose bar and preview change in place. */
export function progressOf() {
  const preview = element('img', { className: 'preview', alt: 'Preview of the drawing', hidden: true });
  const bar = element('progress', { max: 1, value: 0, 'aria-label': 'Drawing' });
  const percent = element('span', { 'aria-hidden': 'true' });
  return {
    element: element('div', { className: 'progress' }, preview, bar, element('p', {}, percent)),
    update({ step, steps: all, preview: src }) {
      bar.max = Math.max(all, 1);
      bar.value = step;
      bar.setAttribute('aria-valuetext', `Step ${step} of ${all}`);
      percent.textContent = `${Math.round((100 * step) / Math.max(all, 1))} %`;
      if (src) {
        preview.src = src;
        preview.hidden = false;
      }
    },
  };
}
