import { type Bag, bag, list, number, text } from './bag.js';
import type { Form } from './form.js';
import type { Interaction, Modal } from './world.js';

const type = { row: 1, textInput: 4, display: 10, label: 18 } as const;
/** Selects, file upload, and the choices that a label may hold. */
const labelled = [3, 4, 5, 6, 7, 8, 19, 21, 22, 23];

/** Checks a form that the bot opens, and gives it as the person sees it. */
export function checkModal(form: Form, data: Bag, from: Interaction): Modal {
  form.length('data.title', data.title, 1, 45);
  form.length('data.custom_id', data.custom_id, 1, 100);
  form.count('data.components', data.components, 1, 5);
  const seen = new Set<string>();
  const fields = list(data.components)
    .map(bag)
    .flatMap((each, index) => field(each, `data.components.${index}`));
  return { title: text(data.title), customId: text(data.custom_id), fields, from };

  function field(each: Bag, path: string): Modal['fields'] {
    if (each.type === type.display) {
      form.length(`${path}.content`, each.content, 1, 4000);
      return [];
    }
    if (each.type === type.label) {
      form.length(`${path}.label`, each.label, 1, 45);
      form.length(`${path}.description`, each.description, 0, 100);
      const inside = bag(each.component);
      if (!labelled.includes(number(inside.type))) {
        form.wrong(
          `${path}.component.type`,
          'BASE_TYPE_CHOICES',
          `Value must be one of {${labelled.join(', ')}}.`,
        );
        return [];
      }
      return [input(inside, `${path}.component`, text(each.label), true)];
    }
    if (each.type !== type.row) {
      form.wrong(`${path}.type`, 'BASE_TYPE_CHOICES', 'Value must be one of {1, 10, 18}.');
      return [];
    }
    form.count(`${path}.components`, each.components, 1, 1);
    const inside = bag(list(each.components)[0]);
    if (inside.type !== type.textInput) {
      form.wrong(`${path}.components.0.type`, 'BASE_TYPE_CHOICES', 'Value must be one of {4}.');
      return [];
    }
    form.length(`${path}.components.0.label`, inside.label, 1, 45);
    return [input(inside, `${path}.components.0`, text(inside.label), false)];
  }

  function input(each: Bag, path: string, label: string, wrapped: boolean): Modal['fields'][number] {
    form.length(`${path}.custom_id`, each.custom_id, 1, 100);
    const customId = text(each.custom_id);
    if (seen.has(customId)) {
      form.wrong(
        `${path}.custom_id`,
        'COMPONENT_CUSTOM_ID_DUPLICATED',
        'Component custom id cannot be duplicated',
      );
    }
    seen.add(customId);
    const least = each.min_length === undefined ? 0 : number(each.min_length);
    const most = each.max_length === undefined ? 4000 : number(each.max_length);
    if (each.type === type.textInput) {
      form.length(`${path}.placeholder`, each.placeholder, 0, 100);
      form.length(`${path}.value`, each.value, 0, 4000);
      if (each.style !== 1 && each.style !== 2) {
        form.wrong(`${path}.style`, 'BASE_TYPE_CHOICES', 'Value must be one of {1, 2}.');
      }
      if (most < 1 || most > 4000) form.wrong(`${path}.max_length`, 'NUMBER_TYPE_MAX', 'Must be 1 to 4000.');
      if (least < 0 || least > most)
        form.wrong(`${path}.min_length`, 'NUMBER_TYPE_MIN', 'Must be 0 to max_length.');
      if (text(each.value).length > most) {
        form.wrong(`${path}.value`, 'BASE_TYPE_MAX_LENGTH', `Must be ${most} or fewer in length.`);
      }
    }
    return {
      customId,
      label,
      value: text(each.value),
      placeholder: text(each.placeholder),
      required: each.required !== false,
      least,
      most,
      long: each.style === 2,
      type: number(each.type),
      labelled: wrapped,
    };
  }
}
