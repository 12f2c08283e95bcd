import { look, sentence } from './api.js';
import { announce, byId, element, plain, words } from './dom.js';
import { controlOf, valuesOf } from './form.js';
import { openPicture } from './picture.js';
import { buttonRows, fileLinks, itemList, pictureGrid } from './view.js';

const pause = 300;
const wanted = 12;

/**
 * A page of one command's answer, with its options above it: the gallery is `history`, the stats are `stats`.
 *
 * @param shown which of the command's options to offer
 */
export function createPanel(id, command, shown, { commands, press }) {
  const filter = byId(`${id}-filter`);
  const panel = byId(`${id}-view`);
  let controls = [];
  let turn = 0;
  let waiting;

  filter.addEventListener('submit', (event) => {
    event.preventDefault();
    refresh();
  });
  filter.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, pause);
  });

  function open() {
    const options = commands().find(({ name }) => name === command)?.options ?? [];
    if (controls.length === 0) {
      controls = options
        .filter(({ name }) => shown.includes(name))
        .map((option) => controlOf({ ...option, about: '', long: false }));
      filter.replaceChildren(...controls.map((control) => control.element));
    }
    byId(`${id}-title`).focus();
    return refresh();
  }

  async function refresh() {
    const mine = ++turn;
    panel.setAttribute('aria-busy', 'true');
    try {
      const view = await look(command, valuesOf(controls));
      if (mine !== turn) return;
      panel.replaceChildren();
      add(view);
      announce(plain(view.text).slice(0, 200));
      await addPages(view, mine);
    } catch (error) {
      if (mine === turn)
        panel.replaceChildren(element('p', { className: 'note', role: 'alert' }, sentence(error)));
    }
    if (mine === turn) panel.removeAttribute('aria-busy');
  }

  /** Further pages of a list until there is something to look at; the rest when they are asked for. */
  async function addPages(first, mine, from = 2) {
    const paged = commands()
      .find(({ name }) => name === command)
      ?.options.some(({ name }) => name === 'page');
    if (!paged || !first.items?.length) return;
    const each = first.items.length;
    for (let page = from; ; page += 1) {
      if (page > from && (page - from) * each >= wanted) {
        const more = element('button', { type: 'button', className: 'button' }, 'Show more');
        more.addEventListener('click', async () => {
          more.disabled = true;
          await addPages(first, mine, page).catch((error) => more.replaceWith(sentence(error)));
          more.remove();
        });
        panel.append(more);
        return;
      }
      const view = await look(command, { ...valuesOf(controls), page });
      if (mine !== turn || !view.items?.length) return;
      panel.querySelector('.items').append(...itemList(view.items, acts).children);
      if (view.items.length < each) return;
    }
  }

  const acts = { press: (button, made) => press(button, made), open: openItem };

  async function openItem(item) {
    const show = item.buttons?.find((button) => button.command === 'show');
    const small = { pictures: [item.picture], text: item.title, buttons: item.buttons ? [item.buttons] : [] };
    const view = show && (await look('show', { job: show.job }).catch(() => undefined));
    openPicture(view?.pictures?.length ? view : small, 0, press);
  }

  function add(view) {
    panel.append(element('p', { className: 'text' }, words(view.text)));
    if (view.pictures?.length)
      panel.append(pictureGrid(view.pictures, (index) => openPicture(view, index, press)));
    if (view.items) panel.append(itemList(view.items, acts));
    if (view.files?.length) panel.append(fileLinks(view.files));
    if (view.buttons?.length) panel.append(buttonRows(view.buttons, acts.press));
  }

  return { open, openItem };
}
