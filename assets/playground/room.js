import { announce, byId, cross, element, icon, plain, words } from './dom.js';
import { buttonRows, fileLinks, itemList, pictureGrid, progressOf } from './view.js';

/**
 * The messages on the page. A message shown again replaces only what changed, so that the keyboard stays where it is.
 *
 * @param act what buttons, pictures and crosses do: press, openPicture, openItem, dismiss
 */
export function createRoom(act) {
  const list = byId('room');
  const page = byId('chat');
  const shown = new Map();

  const atEnd = () => page.scrollHeight - page.scrollTop - page.clientHeight < 120;
  const toEnd = () => page.scrollTo({ top: page.scrollHeight });

  /** Pictures are as tall as they are only once they are here. */
  list.addEventListener('load', () => follow && toEnd(), true);
  let follow = true;
  page.addEventListener('scroll', () => (follow = atEnd()), { passive: true });
  new ResizeObserver(() => follow && toEnd()).observe(page);

  function show(message, { quiet = false } = {}) {
    let found = shown.get(message.id);
    if (!found) {
      found = createMessage(act);
      if (!quiet) found.element.classList.add('new');
      shown.set(message.id, found);
      found.order = message.order;
      const after = [...shown.values()].filter((other) => other !== found && other.order > message.order);
      const next = after.reduce(
        (first, other) => (!first || other.order < first.order ? other : first),
        undefined,
      );
      list.insertBefore(found.element, next?.element ?? null);
    } else if (found.order !== message.order && message.order !== Number.POSITIVE_INFINITY) {
      found.order = message.order;
    }
    if (!quiet) tell(found.message, message);
    found.update(message);
    found.message = message;
    byId('welcome').hidden = true;
    if (follow) toEnd();
  }

  function remove(id) {
    shown.get(id)?.element.remove();
    shown.delete(id);
    byId('welcome').hidden = shown.size > 0;
  }

  return {
    show,
    remove,
    clear() {
      for (const id of [...shown.keys()]) remove(id);
    },
    toEnd() {
      follow = true;
      toEnd();
    },
    has: (id) => shown.has(id),
  };
}

/** For the ear: the words once, a drawing by quarters, a picture by what it shows. */
function tell(before, { view, private: secret }) {
  if (!view) return;
  if (view.progress) {
    const quarter = ({ step, steps }) => Math.floor((4 * step) / Math.max(steps, 1));
    const now = quarter(view.progress);
    if (before?.view?.progress && quarter(before.view.progress) === now) return;
    announce(`Drawing: ${now * 25} percent`);
    return;
  }
  const text = plain(view.text);
  if (before?.view && !before.view.progress && plain(before.view.text) === text && !view.pictures) return;
  const pictures = (view.pictures ?? []).map(({ alt, name }) => `Picture: ${alt || name}`);
  announce([secret ? `Only you can see this: ${text}` : text, ...pictures].join('. '));
}

function createMessage(act) {
  const asked = element('div', { className: 'asked' });
  const answer = element('div', { className: 'answer' });
  const made = element('article', { className: 'message' }, asked, answer);
  const slots = new Map();
  let progress;

  /** Makes a part anew only when what it shows has changed, and gives the focus back to the same button. */
  function slot(name, value, make) {
    const text = JSON.stringify(value);
    const before = slots.get(name);
    if (before && before.text === text) return;
    const focused = before?.element?.contains(document.activeElement) && document.activeElement.dataset.press;
    const next = value === undefined ? undefined : make(value);
    if (before?.element && next) before.element.replaceWith(next);
    else if (before?.element) before.element.remove();
    else if (next) place(name, next);
    slots.set(name, { text, element: next });
    if (focused) next?.querySelector(`[data-press="${CSS.escape(focused)}"]`)?.focus();
  }

  const order = ['only', 'dots', 'text', 'progress', 'pictures', 'items', 'files', 'buttons'];
  function place(name, part) {
    const later = order.slice(order.indexOf(name) + 1).map((other) => slots.get(other)?.element);
    answer.insertBefore(part, later.find((other) => other) ?? null);
  }

  function update(message) {
    const { view, private: secret, id, by } = message;
    if (message.asked) {
      const { text, pressed, picture, more = [] } = message.asked;
      asked.classList.toggle('pressed', pressed === true);
      asked.replaceChildren(
        ...(by === act.name() ? [] : [element('span', { className: 'who' }, by)]),
        ...(picture ? [element('img', { src: picture, alt: 'The picture to start from' })] : []),
        ...more.map((src) => element('img', { src, alt: 'A picture that came with it' })),
        element(
          'p',
          { className: 'words' },
          element('span', { className: 'hidden' }, pressed ? 'Pressed: ' : `${by}: `),
          text,
        ),
      );
    }
    asked.hidden = !message.asked;
    answer.classList.toggle('private', secret);
    answer.setAttribute('aria-busy', String(!view || view.progress !== undefined));
    slot('only', secret || undefined, () => onlyYou(() => act.dismiss(id)));
    slot('dots', view ? undefined : true, () =>
      element(
        'div',
        { className: 'dots', role: 'img', 'aria-label': 'Kiln is thinking' },
        element('i'),
        element('i'),
        element('i'),
      ),
    );
    slot('text', view?.text.length ? view.text : undefined, (text) =>
      element('p', { className: 'text' }, words(text)),
    );
    slot('progress', view?.progress ? true : undefined, () => (progress = progressOf()).element);
    if (view?.progress) progress.update(view.progress);
    const pictures = view?.pictures?.length ? view.pictures : undefined;
    slot('pictures', pictures, () =>
      pictureGrid(pictures, (index) => act.openPicture(made.message ?? message, index)),
    );
    slot('items', view?.items?.length ? view.items : undefined, (items) =>
      itemList(items, { press: act.press, open: act.openItem }),
    );
    slot('files', view?.files?.length ? view.files : undefined, fileLinks);
    slot('buttons', view?.buttons?.length ? view.buttons : undefined, (rows) => buttonRows(rows, act.press));
    made.message = message;
  }

  return { element: made, update };
}

function onlyYou(dismiss) {
  return element(
    'p',
    { className: 'only' },
    'Only you can see this',
    element(
      'button',
      { type: 'button', className: 'icon', 'aria-label': 'Dismiss this message', onclick: dismiss },
      icon(cross),
    ),
  );
}
