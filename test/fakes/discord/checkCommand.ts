import { Locale } from 'discord-api-types/v10';
import { type Bag, bag, list, number, text } from './bag.js';
import type { Form } from './form.js';

const namePattern = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const locales: readonly string[] = Object.values(Locale);
const kinds = { subcommand: 1, group: 2, string: 3, integer: 4, channel: 7, number: 10, last: 11 } as const;
const sizeMost = 8000;

/** Checks one application command, as Discord does before it registers it. */
export function checkCommand(form: Form, command: Bag, path: string): void {
  const type = command.type === undefined ? 1 : number(command.type);
  const at = (field: string) => (path === '' ? field : `${path}.${field}`);
  if (![1, 2, 3, 4].includes(type)) {
    form.wrong(at('type'), 'BASE_TYPE_CHOICES', 'Value must be one of {1, 2, 3, 4}.');
  }
  form.length(at('name'), command.name, 1, 32);
  if (type === 1) {
    words(form, command, path);
    options(form, command.options, at('options'), 0);
  } else {
    if (text(command.description) !== '') {
      form.wrong(at('description'), 'APPLICATION_COMMAND_DESCRIPTION_INVALID', 'Context menus have none');
    }
    if (list(command.options).length > 0) {
      form.wrong(at('options'), 'APPLICATION_COMMAND_OPTIONS_INVALID', 'Context menus have none');
    }
    localized(form, command.name_localizations, at('name_localizations'), 32);
  }
  const permissions = command.default_member_permissions;
  if (permissions !== undefined && permissions !== null && !/^\d+$/.test(String(permissions))) {
    form.wrong(at('default_member_permissions'), 'BITFIELD_TYPE_CONVERT', 'Could not be read as a bit set.');
  }
  values(form, command.contexts, at('contexts'), [0, 1, 2]);
  values(form, command.integration_types, at('integration_types'), [0, 1]);
  const size = sizeOf(command);
  if (size > sizeMost) {
    form.wrong(
      path,
      'APPLICATION_COMMAND_TOO_LARGE',
      `Command exceeds maximum size (${size} of ${sizeMost})`,
    );
  }
}

function words(form: Form, each: Bag, path: string): void {
  const at = (field: string) => (path === '' ? field : `${path}.${field}`);
  name(form, each.name, at('name'));
  form.length(at('description'), each.description, 1, 100);
  localized(form, each.name_localizations, at('name_localizations'), 32, true);
  localized(form, each.description_localizations, at('description_localizations'), 100);
}

function name(form: Form, value: unknown, path: string): void {
  if (!namePattern.test(text(value)) || text(value) !== text(value).toLowerCase()) {
    form.wrong(path, 'APPLICATION_COMMAND_INVALID_NAME', `Command name "${String(value)}" is invalid`);
  }
}

function localized(form: Form, value: unknown, path: string, most: number, named = false): void {
  for (const [locale, word] of Object.entries(bag(value))) {
    if (!locales.includes(locale)) {
      form.wrong(`${path}.${locale}`, 'ENUM_TYPE_COERCE', `Value "${locale}" is not a valid enum value.`);
    }
    if (word === null) continue;
    if (named) name(form, word, `${path}.${locale}`);
    else form.length(`${path}.${locale}`, word, 1, most);
  }
}

function values(form: Form, value: unknown, path: string, known: readonly number[]): void {
  if (value === undefined || value === null) return;
  const given = list(value).map(number);
  if (
    given.length === 0 ||
    given.some((each) => !known.includes(each)) ||
    new Set(given).size < given.length
  ) {
    form.wrong(path, 'BASE_TYPE_CHOICES', `Values must be different ones of {${known.join(', ')}}.`);
  }
}

function options(form: Form, value: unknown, path: string, depth: number): void {
  form.count(path, value, 0, 25);
  const names = new Set<string>();
  let optional = false;
  for (const [index, option] of list(value).map(bag).entries()) {
    const at = `${path}.${index}`;
    const type = number(option.type);
    words(form, option, at);
    if (names.has(text(option.name))) {
      form.wrong(`${at}.name`, 'APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED', 'Option names must be unique');
    }
    names.add(text(option.name));
    if (type < 1 || type > kinds.last) {
      form.wrong(`${at}.type`, 'BASE_TYPE_CHOICES', 'Value must be one of {1 … 11}.');
    }
    if (type === kinds.subcommand || type === kinds.group) {
      if (depth > (type === kinds.group ? 0 : 1)) {
        form.wrong(`${at}.type`, 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Nested too deep');
      }
      options(form, option.options, `${at}.options`, depth + 1);
      continue;
    }
    if (option.required === true && optional) {
      form.wrong(
        at,
        'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
        'Required options must be placed before non-required options',
      );
    }
    optional ||= option.required !== true;
    bounds(form, option, at, type);
  }
}

/** What belongs to the option's own values: choices and bounds. */
function bounds(form: Form, option: Bag, at: string, type: number): void {
  const isNumber = type === kinds.integer || type === kinds.number;
  const isText = type === kinds.string;
  form.count(`${at}.choices`, option.choices, 0, 25);
  const choices = list(option.choices).map(bag);
  if (choices.length > 0 && !isNumber && !isText) {
    form.wrong(`${at}.choices`, 'APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID', 'Not for this type');
  }
  if (option.autocomplete === true && (choices.length > 0 || (!isNumber && !isText))) {
    form.wrong(
      `${at}.autocomplete`,
      'APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID',
      'Not with choices, and for text and numbers alone',
    );
  }
  const names = new Set<string>();
  for (const [index, choice] of choices.entries()) {
    const here = `${at}.choices.${index}`;
    form.length(`${here}.name`, choice.name, 1, 100);
    localized(form, choice.name_localizations, `${here}.name_localizations`, 100);
    if (isText) form.length(`${here}.value`, choice.value, 1, 100);
    else if (typeof choice.value !== 'number') {
      form.wrong(`${here}.value`, 'NUMBER_TYPE_COERCE', `Value "${String(choice.value)}" is no number.`);
    }
    if (names.has(text(choice.name))) {
      form.wrong(`${here}.name`, 'APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATED', 'Must be unique');
    }
    names.add(text(choice.name));
  }
  if ((option.min_value ?? option.max_value) !== undefined && !isNumber) {
    form.wrong(
      at,
      'APPLICATION_COMMAND_OPTIONS_MIN_VALUE_INVALID',
      'min_value and max_value are for numbers',
    );
  }
  if (isNumber && number(option.min_value ?? -Infinity) > number(option.max_value ?? Infinity)) {
    form.wrong(`${at}.min_value`, 'NUMBER_TYPE_MAX', 'Must not be greater than max_value.');
  }
  const [least, most] = [option.min_length, option.max_length];
  if ((least ?? most) !== undefined && !isText) {
    form.wrong(
      at,
      'APPLICATION_COMMAND_OPTIONS_MIN_LENGTH_INVALID',
      'min_length and max_length are for text',
    );
  }
  if (least !== undefined && least !== null && (number(least) < 0 || number(least) > 6000)) {
    form.wrong(`${at}.min_length`, 'NUMBER_TYPE_MAX', 'int value should be 0 to 6000.');
  }
  if (most !== undefined && most !== null && (number(most) < 1 || number(most) > 6000)) {
    form.wrong(`${at}.max_length`, 'NUMBER_TYPE_MAX', 'int value should be 1 to 6000.');
  }
}

/** Characters of names, descriptions and values; of translations the longest counts. */
function sizeOf(each: Bag): number {
  const longest = (value: unknown, translations: unknown) =>
    Math.max(
      String(value ?? '').length,
      ...Object.values(bag(translations)).map((word) => text(word).length),
    );
  return (
    longest(each.name, each.name_localizations) +
    longest(each.description, each.description_localizations) +
    (each.value === undefined ? 0 : String(each.value).length) +
    [...list(each.options), ...list(each.choices)].reduce<number>((sum, part) => sum + sizeOf(bag(part)), 0)
  );
}
