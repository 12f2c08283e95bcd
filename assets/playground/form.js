import { get } from './api.js';
import { cross, element, icon } from './dom.js';

let fieldNumber = 0;
/** Ranges up to this help to choose. */
const mostTold = 1_000_000;

/** Shows a dialog until it is closed; gives it away from the page then. The keyboard goes back to where it was. */
export function openDialog(className, label, ...content) {
  const dialog = element('dialog', { className, 'aria-label': label }, ...content);
  document.body.append(dialog);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.showModal();
  return dialog;
}

export function dialogHead(title) {
  return element(
    'div',
    { className: 'head' },
    element('h2', {}, title),
    element(
      'button',
      {
        type: 'button',
        className: 'icon',
        'aria-label': 'Close',
        onclick: (event) => event.target.closest('dialog').close(),
      },
      icon(cross),
    ),
  );
}

/**
 * Asks for more in a dialog.
 *
 * @param submit called with the values and the files by field; the dialog closes when it resolves, and shows what it
 *   throws
 */
export function openForm(title, fields, send, submit) {
  const controls = fields.map(controlOf);
  const problem = element('p', { className: 'note', role: 'alert', hidden: true });
  const button = element('button', { type: 'submit', className: 'button primary' }, send);
  const cancel = element(
    'button',
    { type: 'button', className: 'button', onclick: () => dialog.close() },
    'Cancel',
  );
  const form = element(
    'form',
    { autocomplete: 'off' },
    dialogHead(title),
    element(
      'div',
      { className: 'fields' },
      controls.map((control) => control.element),
      problem,
    ),
    element('div', { className: 'foot' }, cancel, button),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.hidden = true;
    try {
      await submit(valuesOf(controls), filesOf(controls));
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    button.disabled = false;
  });
  const dialog = openDialog('form', title, form);
  controls[0]?.input.focus();
  return dialog;
}

/** What was filled in, without what was left empty. */
export function valuesOf(controls) {
  return Object.fromEntries(
    controls
      .filter(({ file }) => !file)
      .map(({ name, value }) => [name, value()])
      .filter(([, value]) => value !== ''),
  );
}

function filesOf(controls) {
  const chosen = controls.filter(({ file }) => file?.()).map(({ name, file }) => [name, file()]);
  return Object.fromEntries(chosen);
}

/** One labelled field, for an option of a command or a field of a form. */
export function controlOf(field) {
  const {
    name,
    label,
    about,
    type = 'string',
    long,
    required,
    value,
    placeholder,
    choices,
    min,
    max,
    suggest,
  } = field;
  fieldNumber += 1;
  const id = `field-${fieldNumber}`;
  const shared = {
    id,
    name,
    required: required === true,
    'aria-describedby': about ? `${id}-about` : undefined,
  };
  const most = field.most ?? field.maxLength;
  const input = inputOf();
  const parts = [
    element('label', { htmlFor: id }, label),
    input,
    about && element('p', { className: 'about', id: `${id}-about` }, range(about)),
  ];
  if (type === 'boolean') parts.splice(0, 2, input, parts[0]);
  const short = !long && !['attachment', 'boolean'].includes(type);
  return {
    name,
    input,
    element: element(
      'div',
      { className: `field ${type === 'boolean' ? 'tick' : short && type ? shortness() : ''}` },
      parts,
    ),
    value: () => (type === 'boolean' ? (input.checked ? 'true' : '') : input.value.trim()),
    file: type === 'attachment' ? () => input.files[0] : undefined,
  };

  /** Options stand two in a row; the fields of a form, which have no type, one. */
  function shortness() {
    return field.type === undefined ? '' : 'short';
  }

  function inputOf() {
    if (choices) {
      const made = element('select', shared, required ? [] : element('option', { value: '' }, 'default'));
      made.append(...choices.map((choice) => element('option', { value: choice }, choice)));
      made.value = value ?? (required ? choices[0] : '');
      return made;
    }
    if (type === 'boolean')
      return element('input', { ...shared, required: false, type: 'checkbox', checked: value === 'true' });
    if (type === 'attachment')
      return element('input', { ...shared, type: 'file', accept: 'image/png,image/jpeg,image/webp' });
    if (long)
      return element('textarea', {
        ...shared,
        rows: 3,
        value: value ?? '',
        placeholder: placeholder ?? '',
        maxLength: most ?? 8000,
      });
    const numeric = type === 'integer' || type === 'number';
    const made = element('input', {
      ...shared,
      value: value ?? '',
      placeholder: placeholder ?? '',
      maxLength: most ?? 8000,
    });
    if (suggest) suggestTo(made, suggest);
    if (numeric) made.inputMode = type === 'integer' ? 'numeric' : 'decimal';
    return made;
  }

  function range(words) {
    if (min === undefined || max === undefined || max >= mostTold || type === 'string') return words;
    return `${words} (${min} to ${max})`;
  }
}

/** Offers what the server knows, fetched once somebody comes to the field. */
function suggestTo(input, what) {
  const list = element('datalist', { id: `${input.id}-values` });
  input.setAttribute('list', list.id);
  const fill = async () => {
    const values = await get(`/suggest?${new URLSearchParams({ what, typed: '' })}`).catch(() => []);
    list.replaceChildren(...values.map((value) => element('option', { value })));
    input.after(list);
  };
  input.addEventListener('focus', fill, { once: true });
}
