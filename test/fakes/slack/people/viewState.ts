import { fileWire } from '../messages.js';
import { elementsOf } from '../seen.js';
import type { Wire } from '../wire.js';
import type { StoredFile, View, World } from '../world.js';

/** What a person enters into a field: text, an option's text or value, several of them, or files. */
export type Entry = string | number | boolean | readonly string[] | readonly StoredFile[] | null;

/** Keyed by block_id, action_id or label. */
export type Entries = Readonly<Record<string, Entry>>;

const empty = (value: unknown) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/**
 * The state of a modal in which a person has entered these values; other fields keep their initial values.
 *
 * @throws where Slack's own client would not let the person submit: an unknown field, a missing one, no such option.
 */
export function viewState(world: World, view: View, entries: Entries): Wire {
  const left = new Set(Object.keys(entries));
  const values: Wire = {};
  for (const { block, element } of elementsOf(view.content.blocks)) {
    if (element.type === 'button' || element.type === 'overflow') continue;
    const name = [block.block_id, element.action_id, block.label?.text].find((one) => left.has(one));
    if (name !== undefined) left.delete(name);
    const value = stateOf(world, element, name === undefined ? undefined : entries[name]);
    if (block.type === 'input' && !block.optional) {
      const { type: _, ...rest } = value;
      if (Object.values(rest).every(empty))
        throw new Error(`Cannot submit: "${block.label?.text}" is required`);
    }
    values[block.block_id] = { ...values[block.block_id], [element.action_id]: value };
  }
  if (left.size > 0) throw new Error(`Cannot submit: the view has no field ${[...left].join(', ')}`);
  return values;
}

function optionsOf(element: Wire): Wire[] {
  return element.options ?? (element.option_groups ?? []).flatMap((group: Wire) => group.options);
}

function option(element: Wire, entry: string): Wire {
  if (element.type.includes('external')) return { text: { type: 'plain_text', text: entry }, value: entry };
  const found = optionsOf(element).find((one) => one.value === entry || one.text.text === entry);
  if (!found)
    throw new Error(
      `Cannot choose "${entry}": there is ${optionsOf(element)
        .map((one) => one.text.text)
        .join(', ')}`,
    );
  return found;
}

/** One element's state after an entry; undefined leaves it as it began. */
export function stateOf(world: World, element: Wire, entry: Entry | undefined): Wire {
  const { type } = element;
  const list = entry === undefined || entry === null ? [] : Array.isArray(entry) ? entry : [entry];
  if (type === 'file_input') {
    const files = list as StoredFile[];
    if (files.length > (element.max_files ?? 10)) throw new Error(`Cannot attach ${files.length} files`);
    return { type, files: files.map((file) => fileWire(world, file)) };
  }
  if (type === 'checkboxes' || type === 'multi_static_select' || type === 'multi_external_select') {
    const selected_options =
      entry === undefined ? (element.initial_options ?? []) : list.map((one) => option(element, `${one}`));
    return { type, selected_options };
  }
  if (type === 'radio_buttons' || type === 'static_select' || type === 'external_select') {
    if (entry === undefined) return { type, selected_option: element.initial_option ?? null };
    return { type, selected_option: entry === null ? null : option(element, `${entry}`) };
  }
  const workspace = /^(multi_)?(user|channel|conversation)s_select$/.exec(type);
  if (workspace) {
    const field = `${workspace[2]}${workspace[1] ? 's' : ''}`;
    const began = element[`initial_${field}`] ?? (workspace[1] ? [] : null);
    return { type, [`selected_${field}`]: entry === undefined ? began : workspace[1] ? list : entry };
  }
  if (type === 'datepicker') return { type, selected_date: entry ?? element.initial_date ?? null };
  if (type === 'timepicker') return { type, selected_time: entry ?? element.initial_time ?? null };
  return { type, value: typed(element, entry) };
}

/** What stands in a text field; Slack's client keeps to its bounds. */
function typed(element: Wire, entry: Entry | undefined): string | null {
  const value =
    entry === undefined
      ? (element.initial_value ?? null)
      : entry === null || entry === ''
        ? null
        : `${entry}`;
  if (value === null) return null;
  const most = element.max_length ?? 3000;
  if ([...value].length > most)
    throw new Error(`Cannot enter ${[...value].length} characters: at most ${most}`);
  if (value.length < (element.min_length ?? 0))
    throw new Error(`Cannot enter "${value}": at least ${element.min_length} characters`);
  if (element.type !== 'number_input') return value;
  const number = Number(value);
  const whole = Number.isInteger(number) || element.is_decimal_allowed;
  if (
    !whole ||
    number < Number(element.min_value ?? -Infinity) ||
    number > Number(element.max_value ?? Infinity)
  ) {
    throw new Error(
      `Cannot enter ${value}: a number from ${element.min_value} to ${element.max_value} is wanted`,
    );
  }
  return value;
}
