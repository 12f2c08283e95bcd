import { type Bag, bag, list, number, text } from './bag.js';
import { checkComponents, type Parts } from './checkComponents.js';
import type { Form } from './form.js';

export const flag = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  silent: 1 << 12,
  v2: 1 << 15,
};

/** Checks what a message is to say, as it will stand after the request. */
export function checkMessage(form: Form, body: Bag, v2: boolean): Parts {
  form.length('content', body.content, 0, 2000);
  checkEmbeds(form, body.embeds);
  const parts = checkComponents(form, body.components, v2);
  if (v2) {
    for (const field of ['content', 'embeds', 'stickers', 'poll'] as const) {
      const value = body[field];
      if (value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length)) {
        continue;
      }
      form.wrong(
        field,
        'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
        `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
      );
    }
  }
  checkAllowedMentions(form, body.allowed_mentions);
  for (const [index, each] of list(body.attachments).map(bag).entries()) {
    form.length(`attachments.${index}.description`, each.description, 0, 1024);
  }
  return parts;
}

function checkEmbeds(form: Form, embeds: unknown): void {
  form.count('embeds', embeds, 0, 10);
  let total = 0;
  const limited = (path: string, value: unknown, least: number, most: number) => {
    form.length(path, value, least, most);
    total += text(value).length;
  };
  for (const [index, embed] of list(embeds).map(bag).entries()) {
    const path = `embeds.${index}`;
    limited(`${path}.title`, embed.title, 0, 256);
    limited(`${path}.description`, embed.description, 0, 4096);
    limited(`${path}.footer.text`, bag(embed.footer).text, embed.footer ? 1 : 0, 2048);
    limited(`${path}.author.name`, bag(embed.author).name, embed.author ? 1 : 0, 256);
    form.count(`${path}.fields`, embed.fields, 0, 25);
    for (const [at, field] of list(embed.fields).map(bag).entries()) {
      limited(`${path}.fields.${at}.name`, field.name, 1, 256);
      limited(`${path}.fields.${at}.value`, field.value, 1, 1024);
    }
    for (const picture of ['image', 'thumbnail'] as const) {
      const url = text(bag(embed[picture]).url);
      if (url !== '' && !/^(https?|attachment):\/\//.test(url)) {
        form.wrong(
          `${path}.${picture}.url`,
          'URL_TYPE_INVALID_SCHEME',
          `Scheme of "${url}" is not supported.`,
        );
      }
    }
    const color = embed.color;
    if (color !== undefined && color !== null && (number(color) < 0 || number(color) > 0xffffff)) {
      form.wrong(`${path}.color`, 'NUMBER_TYPE_MAX', 'int value should be less than or equal to 16777215.');
    }
  }
  if (total > 6000) {
    form.wrong('embeds', 'MAX_EMBED_SIZE_EXCEEDED', 'Embed size exceeds maximum size of 6000');
  }
}

function checkAllowedMentions(form: Form, value: unknown): void {
  const allowed = bag(value);
  const parse = list(allowed.parse);
  for (const each of parse) {
    if (!['users', 'roles', 'everyone'].includes(text(each))) {
      form.wrong(
        'allowed_mentions.parse',
        'BASE_TYPE_CHOICES',
        `"${String(each)}" is not one of the choices.`,
      );
    }
  }
  for (const each of ['users', 'roles'] as const) {
    form.count(`allowed_mentions.${each}`, allowed[each], 0, 100);
    if (parse.includes(each) && list(allowed[each]).length > 0) {
      form.wrong(
        'allowed_mentions',
        'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
        `parse:["${each}"] and ${each}: [ids...] are mutually exclusive.`,
      );
    }
  }
}
