import { type APIModalInteractionResponseCallbackData, ComponentType, TextInputStyle } from 'discord.js';
import type { Field, Form } from '../../request.js';
import { customIdOf } from './customId.js';
import { cutText } from './text.js';

/** Discord's limits. */
const mostFields = 5;
const mostTitle = 45;
const mostPlaceholder = 100;
const mostValue = 4000;

/**
 * A form as Discord shows it: at most five fields; what is typed comes back under the option's name.
 *
 * @example modalOf({ title: 'Edit', command: 'imagine', job: '4k2j9d', fields: [{ name: 'prompt', label: 'Prompt' }] })
 */
export function modalOf(form: Form): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customIdOf(form, 'form'),
    title: cutText(form.title, mostTitle) || form.command,
    components: form.fields.slice(0, mostFields).map(fieldOf),
  };
}

function fieldOf({ name, label, value, placeholder, long, required, most }: Field) {
  const longest = Math.min(Math.max(1, most ?? mostValue), mostValue);
  return {
    type: ComponentType.Label as const,
    label: cutText(label || name, mostTitle),
    component: {
      type: ComponentType.TextInput as const,
      custom_id: name,
      style: long ? TextInputStyle.Paragraph : TextInputStyle.Short,
      required: required ?? false,
      max_length: longest,
      ...(value && { value: cutText(value, longest) }),
      ...(placeholder && { placeholder: cutText(placeholder, mostPlaceholder) }),
    },
  };
}
