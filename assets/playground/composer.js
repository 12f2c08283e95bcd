import { get, Refused, sentence } from './api.js';
import { complete } from './completion.js';
import { announce, byId, element } from './dom.js';
import { openForm } from './form.js';

const mostBytes = 10 * 1024 * 1024;
const kinds = ['image/png', 'image/jpeg', 'image/webp'];

/**
 * The box to type into, with its suggestions, its picture and its form of all options.
 *
 * @param send called with the text, or a command and its options, and pictures by what they are for; throws what is to
 *   be shown
 */
export function createComposer(commands, send) {
  const box = byId('words');
  const list = byId('choices');
  const hint = byId('hint');
  const problem = byId('problem');
  let choices = [];
  let active = -1;
  let span = { from: 0, to: 0 };
  let asked = 0;
  let picture;
  let last = '';

  box.addEventListener('input', refresh);
  box.addEventListener('click', refresh);
  box.addEventListener('blur', () => setTimeout(close, 150));
  box.addEventListener('keydown', onKey);
  byId('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  byId('attach').addEventListener('click', () => byId('file').click());
  byId('file').addEventListener('change', ({ target }) => {
    if (target.files[0]) take(target.files[0]);
    target.value = '';
  });
  byId('detach').addEventListener('click', () => {
    take(undefined);
    box.focus();
  });
  byId('options').addEventListener('click', openOptions);
  box.addEventListener('paste', (event) => {
    const file = [...event.clipboardData.files][0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  dropAnywhere(take);

  async function refresh() {
    const mine = ++asked;
    size();
    const found = complete(box.value, box.selectionStart, commands());
    hint.textContent = found.hint;
    span = found;
    offer(found.choices);
    if (!found.suggest) return;
    const query = new URLSearchParams({ what: found.suggest, typed: found.typed });
    const values = await get(`/suggest?${query}`).catch(() => []);
    if (mine === asked) offer(values.map((value) => ({ name: value, insert: `${value} ` })));
  }

  function offer(next) {
    const before = choices.length;
    choices = next;
    list.replaceChildren(
      ...choices.map(({ name, about }, index) =>
        element(
          'div',
          {
            id: `choice-${index}`,
            role: 'option',
            onmousedown: (event) => event.preventDefault(),
            onclick: () => accept(index),
          },
          element('b', {}, name),
          about && element('span', {}, about),
        ),
      ),
    );
    list.hidden = choices.length === 0;
    mark(choices.length > 0 ? 0 : -1);
    if (choices.length > 0 && before !== choices.length)
      announce(`${choices.length} suggestions. ${choices[0].name}`);
  }

  function mark(index) {
    active = index;
    for (const [at, item] of [...list.children].entries())
      item.setAttribute('aria-selected', String(at === index));
    list.children[index]?.scrollIntoView({ block: 'nearest' });
    if (index < 0) box.removeAttribute('aria-activedescendant');
    else box.setAttribute('aria-activedescendant', `choice-${index}`);
  }

  function accept(index) {
    const { insert } = choices[index];
    const after = box.value.slice(span.to).replace(/^ /, '');
    box.value = box.value.slice(0, span.from) + insert + after;
    const caret = span.from + insert.length;
    box.focus();
    box.setSelectionRange(caret, caret);
    refresh();
  }

  function close() {
    asked += 1;
    offer([]);
  }

  function onKey(event) {
    const { key, shiftKey, isComposing } = event;
    if (isComposing) return;
    const offered = choices.length > 0;
    const typed = box.value.slice(span.from, span.to);
    if (offered && (key === 'ArrowDown' || key === 'ArrowUp')) {
      event.preventDefault();
      mark((active + (key === 'ArrowDown' ? 1 : -1) + choices.length) % choices.length);
    } else if (offered && key === 'Escape') {
      event.preventDefault();
      close();
    } else if (
      offered &&
      !shiftKey &&
      (key === 'Tab' ||
        (key === 'Enter' && (choices[active].goesOn || choices[active].insert.trim() !== typed.trim())))
    ) {
      event.preventDefault();
      accept(active);
    } else if (key === 'Enter' && !shiftKey) {
      event.preventDefault();
      submit();
    } else if (key === 'ArrowUp' && box.value === '' && last !== '') {
      event.preventDefault();
      put(last);
    }
  }

  async function submit() {
    const text = box.value.trim();
    if (text === '' && !picture) return box.focus();
    const withPicture = picture;
    complain('');
    put('');
    take(undefined);
    try {
      await send({ text: text || '/imagine' }, withPicture && { picture: withPicture });
      last = text;
    } catch (error) {
      if (box.value === '') put(text);
      if (withPicture && !picture) take(withPicture);
      complain(sentence(error));
    }
  }

  function put(text) {
    box.value = text;
    close();
    hint.textContent = '';
    size();
  }

  /** As tall as its words, where the browser cannot do that itself. */
  function size() {
    if (CSS.supports('field-sizing', 'content')) return;
    box.style.height = 'auto';
    box.style.height = `${box.scrollHeight}px`;
  }

  function complain(text) {
    problem.textContent = text;
    problem.hidden = text === '';
  }

  function take(file) {
    complain('');
    if (file && !kinds.includes(file.type)) {
      return complain(
        `Cannot use this picture: it is ${file.type || 'of an unknown kind'}, want a PNG, JPEG or WebP.`,
      );
    }
    if (file && file.size > mostBytes) {
      return complain(
        `Cannot use this picture: it has ${(file.size / 2 ** 20).toFixed(1)} MiB, want at most 10.`,
      );
    }
    if (picture) URL.revokeObjectURL(byId('attached-picture').src);
    picture = file;
    byId('attached').hidden = !file;
    if (!file) return;
    byId('attached-picture').src = URL.createObjectURL(file);
    byId('attached-name').textContent = `Starts from ${file.name}`;
    announce(`Starts from ${file.name}`);
    box.focus();
  }

  /** Every option of the command that is typed, or of imagine, to be filled in. */
  function openOptions() {
    const [, named, words = ''] = /^\/(\S+)\s*([\s\S]*)$/.exec(box.value.trim()) ?? [];
    const command =
      commands().find(({ name }) => name === named) ?? commands().find(({ name }) => name === 'imagine');
    if (!command) return;
    const text = named === command.name ? words : named === undefined ? box.value.trim() : '';
    const fields = command.options.map((option) => (option.rest ? { ...option, value: text } : option));
    const title = command.name === 'imagine' ? 'Draw a picture' : `/${command.name}`;
    openForm(title, fields, command.name === 'imagine' ? 'Draw' : 'Send', async (options, files) => {
      const attached = command.name === 'imagine' && picture && !files.image ? { image: picture } : {};
      try {
        await send({ command: command.name, options }, { ...attached, ...files });
      } catch (error) {
        throw new Refused(sentence(error));
      }
      put('');
      take(undefined);
    });
  }

  return {
    focus: () => box.focus(),
    /** Puts words into the box, for somebody to go on with. */
    start(text) {
      put(text);
      box.focus();
      refresh();
    },
    say: complain,
  };
}

function dropAnywhere(take) {
  const veil = byId('drop');
  let depth = 0;
  const show = (by) => (veil.hidden = (depth = Math.max(0, depth + by)) === 0);
  const files = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragenter', (event) => files(event) && show(1));
  document.addEventListener('dragleave', (event) => files(event) && show(-1));
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    show(-depth);
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
}
