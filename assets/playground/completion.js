/**
 * What could be typed next, from the commands as the server describes them.
 *
 * Gives the span of text that a choice replaces, the choices, and a hint for the option under way. Choices that the
 * server knows are left as `suggest`, to be asked for.
 *
 * @example complete('/im', 3, commands) // { from: 0, to: 3, choices: [{ insert: '/imagine ', name: '/imagine', … }] }
 */
export function complete(text, caret, commands) {
  const before = text.slice(0, caret);
  const nothing = { from: caret, to: caret, choices: [], hint: '' };

  const naming = /^\/(\S*)$/.exec(before);
  if (naming) {
    const typed = naming[1].toLowerCase();
    const choices = commands
      .filter(({ name }) => name.startsWith(typed))
      .map(({ name, about, options }) => ({
        name: `/${name}`,
        about,
        insert: `/${name} `,
        goesOn: options.some(({ required }) => required),
      }));
    return { ...nothing, from: 0, choices };
  }

  const [, named] = /^\/(\S+)\s/.exec(text) ?? [];
  const command = commands.find(
    ({ name }) => name === (text.startsWith('/') ? named?.toLowerCase() : 'imagine'),
  );
  if (!command) return nothing;
  const open = command.options.filter(({ type }) => type !== 'attachment');
  const rest = open.find((option) => option.rest);

  const suffix = /(^|\s)--([\w-]*)$/.exec(before);
  if (suffix) {
    const typed = suffix[2].toLowerCase();
    const others = before.slice(0, before.length - suffix[2].length - 2);
    const choices = open
      .filter((option) => !option.rest && !used(option, others))
      .filter((option) => namesOf(option).some((name) => name.startsWith(typed)))
      .map((option) => ({
        name: `--${shortest(option, typed)}`,
        about: option.about,
        insert: `--${shortest(option, typed)} `,
      }));
    return { ...nothing, from: caret - suffix[2].length - 2, choices };
  }

  const valued = /(?:^|\s)--([\w-]+)\s+((?:(?!\s--)[^\n])*)$/.exec(before);
  const option = valued && open.find((option) => namesOf(option).includes(valued[1].toLowerCase()));
  if (option) {
    const hint = `--${valued[1]}: ${option.about}${rangeOf(option)}`;
    return { ...nothing, from: caret - valued[2].length, hint, ...values(option, valued[2]) };
  }

  const start = text.startsWith('/') ? text.indexOf(' ') + 1 : 0;
  if (rest && caret >= start && text.startsWith('/')) {
    const typed = before.slice(start).trimStart();
    const offered = /\s--/.test(before) ? { choices: [] } : values(rest, typed);
    return { ...nothing, from: caret - typed.length, hint: usage(command, open, rest), ...offered };
  }
  return { ...nothing, hint: text.startsWith('/') ? usage(command, open, rest) : '' };
}

function values(option, typed) {
  const like = (value) => value.toLowerCase().startsWith(typed.trim().toLowerCase());
  const choice = (value) => ({ name: value, insert: `${value} ` });
  if (option.choices) return { choices: option.choices.filter(like).map(choice) };
  if (option.type === 'boolean') return { choices: ['on', 'off'].filter(like).map(choice) };
  if (option.suggest) return { choices: [], suggest: option.suggest, typed: typed.trim() };
  return { choices: [] };
}

function namesOf(option) {
  return [option.name, ...(option.aliases ?? [])];
}

/** The name that is being typed, else the one that people know from elsewhere. */
function shortest(option, typed) {
  if (typed !== '' && option.name.startsWith(typed)) return option.name;
  return option.aliases?.find((name) => name.startsWith(typed)) ?? option.name;
}

function used(option, text) {
  return namesOf(option).some((name) => new RegExp(`(^|\\s)--${name}(\\s|$)`, 'i').test(text));
}

function rangeOf({ type, min, max }) {
  if (type === 'string' || min === undefined || max === undefined) return '';
  return ` (${min} to ${max})`;
}

function usage(command, open, rest) {
  const suffixes = open.filter((option) => !option.rest).map((option) => `--${shortest(option, '')}`);
  const few = suffixes.length > 6 ? [...suffixes.slice(0, 6), '…'] : suffixes;
  return [`${command.about}:`, rest ? rest.label.toLowerCase() : '', ...few]
    .join(' ')
    .trim()
    .replace(/:$/, '');
}
