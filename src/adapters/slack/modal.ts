import type { types } from '@slack/bolt';
import { type Command, type OptionSpec, optionsOf, type Suggestion } from '../../command.js';
import type { Form } from '../../request.js';
import { readFile } from './options.js';
import { at, idAt, listAt, textAt } from './payload.js';
import { cut } from './text.js';

/** What a modal carries along, in at most 3,000 characters. */
export interface Carried {
  readonly channel?: string;
  readonly thread?: string;
  readonly job?: string;
  readonly index?: number;
  readonly responseUrl?: string;
  readonly responseUntil?: number;
}

const prefix = 'kiln:form:';
const mostChoices = 100;
const mostInput = 3000;

/**
 * A modal with every option of a command that is of use, from its schema.
 *
 * @param suggestions values to choose from, by what they are
 */
export function commandModal(
  command: Command,
  carried: Carried,
  suggestions: Readonly<Partial<Record<Suggestion, readonly string[]>>>,
): types.ModalView {
  const blocks = optionsOf(command)
    .filter(({ hidden, name }) => !hidden && name !== 'typed')
    .filter(({ among }) => among === undefined || suggestions[among]?.length)
    .map((option) => {
      const known = option.suggest && suggestions[option.suggest];
      return optionBlock(option, option.choices ?? known ?? []);
    });
  return modal(command.name, command.name, carried, blocks);
}

/** A modal that asks what a form asks. */
export function formModal(form: Form, carried: Carried): types.ModalView {
  const blocks = form.fields.map((field) => {
    const most = Math.min(field.most ?? mostInput, mostInput);
    return inputBlock(field.name, field.label, field.required === true, {
      type: 'plain_text_input',
      action_id: 'value',
      multiline: field.long === true,
      max_length: most,
      ...(field.value && { initial_value: field.value.slice(0, most) }),
      ...(field.placeholder && { placeholder: plain(cut(field.placeholder, 150)) }),
    });
  });
  const { job, index } = form;
  return modal(form.title, form.command, { ...carried, job, index }, blocks);
}

/** What was filled in; undefined for a modal that is not Kiln's. */
export function readSubmission(
  body: unknown,
):
  | { readonly command: string; readonly options: Record<string, unknown>; readonly carried: Carried }
  | undefined {
  const view = at(body, 'view');
  const callback = textAt(view, 'callback_id');
  if (!callback?.startsWith(prefix)) return undefined;
  const carried = readCarried(textAt(view, 'private_metadata'));
  const options: Record<string, unknown> = {};
  const values = at(view, 'state', 'values');
  for (const name of typeof values === 'object' && values !== null ? Object.keys(values) : []) {
    const value = readValue(at(values, name, 'value'));
    if (value !== undefined) options[name] = value;
  }
  const { job, index } = carried;
  return {
    command: callback.slice(prefix.length),
    options: { ...options, ...(job !== undefined && { job }), ...(index !== undefined && { index }) },
    carried,
  };
}

function readCarried(json: string | undefined): Carried {
  let found: unknown;
  try {
    found = JSON.parse(json ?? '{}');
  } catch {
    return {};
  }
  const index = at(found, 'index');
  const until = at(found, 'responseUntil');
  return {
    channel: idAt(found, 'channel'),
    thread: idAt(found, 'thread'),
    job: textAt(found, 'job'),
    ...(typeof index === 'number' && { index }),
    responseUrl: textAt(found, 'responseUrl'),
    ...(typeof until === 'number' && { responseUntil: until }),
  };
}

function readValue(state: unknown): unknown {
  switch (at(state, 'type')) {
    case 'plain_text_input':
      return textAt(state, 'value');
    case 'number_input': {
      const value = textAt(state, 'value');
      // What is no number goes on as it is, for dispatch to refuse.
      return value === undefined || !Number.isFinite(Number(value)) ? value : Number(value);
    }
    case 'static_select':
      return textAt(state, 'selected_option', 'value');
    case 'checkboxes':
      return listAt(state, 'selected_options').length > 0 || undefined;
    case 'file_input':
      return readFile(at(state, 'files', 0));
    default:
      return undefined;
  }
}

function optionBlock(option: OptionSpec, choices: readonly string[]): types.InputBlock {
  return inputBlock(option.name, option.label, option.required, optionInput(option, choices), option.about);
}

function optionInput(option: OptionSpec, choices: readonly string[]): types.InputBlock['element'] {
  const action_id = 'value';
  const { type, min, max } = option;
  if (type === 'attachment') {
    return { type: 'file_input', action_id, max_files: 1, filetypes: ['png', 'jpg', 'jpeg', 'webp', 'gif'] };
  }
  if (type === 'boolean') {
    return { type: 'checkboxes', action_id, options: [{ text: plain('Yes'), value: 'yes' }] };
  }
  if (type === 'integer' || type === 'number') {
    return {
      type: 'number_input',
      action_id,
      is_decimal_allowed: type === 'number',
      ...(min !== undefined && { min_value: String(min) }),
      ...(max !== undefined && { max_value: String(max) }),
    };
  }
  const known = choices.filter((choice) => choice !== '' && choice.length <= 75).slice(0, mostChoices);
  if (known.length > 0 && !option.free) {
    const options = known.map((choice) => ({ text: plain(choice), value: choice }));
    return { type: 'static_select', action_id, options };
  }
  return {
    type: 'plain_text_input',
    action_id,
    multiline: option.long === true || option.rest === true,
    max_length: Math.min(option.maxLength ?? mostInput, mostInput),
    ...(known.length > 0 && { placeholder: plain(cut(known.join(', '), 150)) }),
  };
}

function inputBlock(
  name: string,
  label: string,
  required: boolean,
  element: types.InputBlock['element'],
  hint?: string,
): types.InputBlock {
  return {
    type: 'input',
    block_id: name,
    label: plain(cut(label, 150)),
    optional: !required,
    element,
    ...(hint && { hint: plain(cut(hint, 150)) }),
  };
}

function modal(
  title: string,
  command: string,
  carried: Carried,
  blocks: types.InputBlock[],
): types.ModalView {
  const full = JSON.stringify(carried);
  const name = `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
  return {
    type: 'modal',
    callback_id: `${prefix}${command}`,
    title: plain(cut(name, 24)),
    submit: plain('Go'),
    close: plain('Close'),
    private_metadata:
      full.length <= 3000
        ? full
        : JSON.stringify({ ...carried, responseUrl: undefined, responseUntil: undefined }),
    blocks: blocks.slice(0, 100),
  };
}

function plain(text: string): types.PlainTextElement {
  return { type: 'plain_text', text, emoji: false };
}
