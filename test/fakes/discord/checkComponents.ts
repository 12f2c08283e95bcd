import { type Bag, bag, list, number, text } from './bag.js';
import type { Form } from './form.js';

/** What a message's components say and point to. */
export interface Parts {
  readonly texts: string[];
  /** URLs of shown files, as `attachment://kiln.png`. */
  readonly media: string[];
}

const kind = {
  row: 1,
  button: 2,
  textInput: 4,
  selects: [3, 5, 6, 7, 8],
  section: 9,
  display: 10,
  thumbnail: 11,
  gallery: 12,
  file: 13,
  separator: 14,
  container: 17,
} as const;
const topV2 = [1, 9, 10, 12, 13, 14, 17];
const inContainer = [1, 9, 10, 12, 13, 14];

/** Checks a message's components against Discord's limits, legacy or V2. */
export function checkComponents(form: Form, components: unknown, v2: boolean): Parts {
  const parts: Parts = { texts: [], media: [] };
  const seen = new Set<string>();
  let total = 0;

  form.count('components', components, 0, v2 ? 40 : 5);
  for (const [index, each] of list(components).entries()) {
    check(bag(each), `components.${index}`, v2 ? topV2 : [kind.row]);
  }
  if (v2 && total > 40) {
    form.wrong('components', 'COMPONENTS_V2_MAX', `Must be 40 or fewer components in total, are ${total}.`);
  }
  const displayed = parts.texts.reduce((sum, each) => sum + each.length, 0);
  if (displayed > 4000) {
    form.wrong('components', 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED', 'Must be 4000 or fewer in length.');
  }
  return parts;

  function check(each: Bag, path: string, allowed: readonly number[]): void {
    total += 1;
    const type = number(each.type);
    if (!allowed.includes(type)) {
      form.wrong(`${path}.type`, 'BASE_TYPE_CHOICES', `Value must be one of {${allowed.join(', ')}}.`);
      return;
    }
    if (type === kind.row) row(each, path);
    if (type === kind.section) {
      form.count(`${path}.components`, each.components, 1, 3);
      children(each, path, [kind.display]);
      check(bag(each.accessory), `${path}.accessory`, [kind.button, kind.thumbnail]);
    }
    if (type === kind.display) {
      form.length(`${path}.content`, each.content, 1, 4000);
      parts.texts.push(text(each.content));
    }
    if (type === kind.thumbnail) media(each, path, each.media);
    if (type === kind.gallery) {
      form.count(`${path}.items`, each.items, 1, 10);
      for (const [index, item] of list(each.items).entries()) {
        media(bag(item), `${path}.items.${index}`, bag(item).media);
      }
    }
    if (type === kind.file) media(each, path, each.file, true);
    if (type === kind.container) {
      form.count(`${path}.components`, each.components, 1, 40);
      children(each, path, inContainer);
    }
    if (type === kind.button) button(each, path);
    if ((kind.selects as readonly number[]).includes(type)) select(each, path, type);
  }

  function children(each: Bag, path: string, allowed: readonly number[]): void {
    for (const [index, child] of list(each.components).entries()) {
      check(bag(child), `${path}.components.${index}`, allowed);
    }
  }

  function row(each: Bag, path: string): void {
    const inside = list(each.components).map(bag);
    form.count(`${path}.components`, each.components, 1, 5);
    children(each, path, [kind.button, ...kind.selects]);
    if (inside.length > 1 && inside.some(({ type }) => type !== kind.button)) {
      form.wrong(
        `${path}.components`,
        'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
        'The specified component exceeds the maximum width',
      );
    }
  }

  function customId(each: Bag, path: string): void {
    form.length(`${path}.custom_id`, each.custom_id, 1, 100);
    const id = text(each.custom_id);
    if (id !== '' && seen.has(id)) {
      form.wrong(
        `${path}.custom_id`,
        'COMPONENT_CUSTOM_ID_DUPLICATED',
        'Component custom id cannot be duplicated',
      );
    }
    seen.add(id);
  }

  function button(each: Bag, path: string): void {
    const style = number(each.style);
    if (![1, 2, 3, 4, 5, 6].includes(style)) {
      form.wrong(`${path}.style`, 'BASE_TYPE_CHOICES', 'Value must be one of {1, 2, 3, 4, 5, 6}.');
    }
    form.length(`${path}.label`, each.label, 0, 80);
    if (!each.label && !each.emoji && style !== 6) {
      form.wrong(path, 'BUTTON_COMPONENT_INVALID_LABEL', 'A button must have a label or an emoji');
    }
    if (style === 5) form.length(`${path}.url`, each.url, 1, 512);
    else if (style !== 6) customId(each, path);
    if (style === 5 && each.custom_id) {
      form.wrong(
        `${path}.custom_id`,
        'BUTTON_COMPONENT_CUSTOM_ID',
        'A custom id and url cannot both be specified',
      );
    }
  }

  function select(each: Bag, path: string, type: number): void {
    customId(each, path);
    form.length(`${path}.placeholder`, each.placeholder, 0, 150);
    if (type !== 3) return;
    form.count(`${path}.options`, each.options, 1, 25);
    const values = new Set<string>();
    for (const [index, option] of list(each.options).map(bag).entries()) {
      form.length(`${path}.options.${index}.label`, option.label, 1, 100);
      form.length(`${path}.options.${index}.value`, option.value, 1, 100);
      form.length(`${path}.options.${index}.description`, option.description, 0, 100);
      if (values.has(text(option.value))) {
        form.wrong(
          `${path}.options.${index}.value`,
          'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED',
          'The specified option value is already used',
        );
      }
      values.add(text(option.value));
    }
    const most = each.max_values === undefined ? 1 : number(each.max_values);
    if (most < 1 || most > Math.max(1, list(each.options).length)) {
      form.wrong(
        `${path}.max_values`,
        'BASE_TYPE_MAX',
        `Must be between 1 and ${list(each.options).length}.`,
      );
    }
  }

  function media(each: Bag, path: string, at: unknown, own = false): void {
    const url = text(bag(at).url);
    form.length(`${path}.description`, each.description, 0, 1024);
    if (!url.startsWith('attachment://') && (own || !/^https?:\/\//.test(url))) {
      const schemes = own ? 'attachment' : 'http, https, attachment';
      form.wrong(`${path}.media.url`, 'URL_TYPE_INVALID_SCHEME', `Scheme must be one of (${schemes}).`);
    }
    parts.media.push(url);
  }
}
