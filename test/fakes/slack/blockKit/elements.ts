import type { Wire } from '../wire.js';
import { checkFields, checkList, checkString, checkText, type FileState, type Report } from './report.js';

const selectFields = ['placeholder', 'confirm', 'focus_on_load', 'action_id'];
const inputFields = ['action_id', 'initial_value', 'placeholder', 'dispatch_action_config', 'focus_on_load'];
const ofWorkspace = ['users', 'channels', 'conversations'];

/** Every element that the fake knows: the fields it must and may have. */
const elements: Readonly<Record<string, { required: string[]; optional: string[] }>> = {
  button: {
    required: ['text'],
    optional: ['action_id', 'url', 'value', 'style', 'confirm', 'accessibility_label'],
  },
  image: { required: ['alt_text'], optional: ['image_url', 'slack_file'] },
  overflow: { required: ['options'], optional: ['action_id', 'confirm'] },
  static_select: { required: [], optional: ['options', 'option_groups', 'initial_option', ...selectFields] },
  multi_static_select: {
    required: [],
    optional: ['options', 'option_groups', 'initial_options', 'max_selected_items', ...selectFields],
  },
  external_select: { required: [], optional: ['initial_option', 'min_query_length', ...selectFields] },
  ...Object.fromEntries(
    ofWorkspace.flatMap((whose) => {
      const optional = [
        'filter',
        'default_to_current_conversation',
        'response_url_enabled',
        'max_selected_items',
        `initial_${whose}`,
        `initial_${whose.slice(0, -1)}`,
        ...selectFields,
      ];
      return [`${whose}_select`, `multi_${whose}_select`].map((type) => [type, { required: [], optional }]);
    }),
  ),
  radio_buttons: {
    required: ['options'],
    optional: ['action_id', 'initial_option', 'confirm', 'focus_on_load'],
  },
  checkboxes: {
    required: ['options'],
    optional: ['action_id', 'initial_options', 'confirm', 'focus_on_load'],
  },
  datepicker: { required: [], optional: ['initial_date', ...selectFields] },
  timepicker: { required: [], optional: ['initial_time', 'timezone', ...selectFields] },
  plain_text_input: { required: [], optional: ['multiline', 'min_length', 'max_length', ...inputFields] },
  email_text_input: { required: [], optional: inputFields },
  url_text_input: { required: [], optional: inputFields },
  number_input: { required: ['is_decimal_allowed'], optional: ['min_value', 'max_value', ...inputFields] },
  file_input: { required: [], optional: ['action_id', 'filetypes', 'max_files'] },
};

const selects = Object.keys(elements).filter((type) => type.endsWith('_select'));
const singles = selects.filter((type) => !type.startsWith('multi_'));
const pickers = ['datepicker', 'timepicker', 'radio_buttons', 'checkboxes'];

/** Which elements stand where. */
export const allowedIn = {
  actions: ['button', 'overflow', ...singles, ...pickers],
  section: ['button', 'image', 'overflow', ...selects, ...pickers],
  input: [
    'plain_text_input',
    'email_text_input',
    'url_text_input',
    'number_input',
    'file_input',
    ...selects,
    ...pickers,
  ],
};

/** Reports what is wrong with an image, be it a block or an element. */
export function checkImage(image: Wire, at: string, files: FileState, report: Report) {
  checkString(image.alt_text, `${at}/alt_text`, 2000, report, 0);
  checkString(image.image_url, `${at}/image_url`, 3000, report);
  if ((image.image_url === undefined) === (image.slack_file === undefined)) {
    report('must provide either image_url or slack_file', at);
  }
  if (image.slack_file === undefined) return;
  if (typeof image.slack_file?.id !== 'string' && typeof image.slack_file?.url !== 'string') {
    return report('missing required field: id', `${at}/slack_file`);
  }
  if (image.slack_file.id !== undefined && image.slack_file.url !== undefined) {
    return report('must provide either id or url', `${at}/slack_file`);
  }
  const state = files(image.slack_file);
  if (state !== 'ready') report('invalid slack file', `${at}/slack_file`, state !== 'wrong type');
}

/** Reports what is wrong with an element that stands in one of `allowed`. */
export function checkElement(
  element: Wire,
  at: string,
  allowed: readonly string[],
  files: FileState,
  report: Report,
) {
  const fields = allowed.includes(element.type) ? elements[element.type] : undefined;
  if (!fields) return report(`unsupported type: ${element.type}`, `${at}/type`);
  checkFields(element, at, fields.required, fields.optional, report);
  checkString(element.action_id, `${at}/action_id`, 255, report);
  checkText(element.placeholder, `${at}/placeholder`, 150, report);
  if (element.confirm) checkConfirm(element.confirm, `${at}/confirm`, report);
  if (element.type === 'image') checkImage(element, at, files, report);
  if (element.type === 'button') checkButton(element, at, report);
  if (/static_select|overflow|radio|checkboxes/.test(element.type)) checkOptions(element, at, report);
  if (/_input$/.test(element.type)) checkInput(element, at, report);
}

function checkButton(button: Wire, at: string, report: Report) {
  checkText(button.text, `${at}/text`, 75, report);
  checkString(button.value, `${at}/value`, 2000, report);
  checkString(button.url, `${at}/url`, 3000, report);
  checkString(button.accessibility_label, `${at}/accessibility_label`, 75, report);
  if (button.style !== undefined && !['primary', 'danger'].includes(button.style)) {
    report('failed to match one of allowed values: [primary, danger]', `${at}/style`);
  }
}

function checkConfirm(confirm: Wire, at: string, report: Report) {
  checkFields(confirm, at, ['title', 'text', 'confirm', 'deny'], ['style'], report);
  checkText(confirm.title, `${at}/title`, 100, report);
  checkText(confirm.text, `${at}/text`, 300, report, false);
  checkText(confirm.confirm, `${at}/confirm`, 30, report);
  checkText(confirm.deny, `${at}/deny`, 30, report);
}

function checkOptions(element: Wire, at: string, report: Report) {
  const most = element.type.endsWith('static_select') ? 100 : element.type === 'overflow' ? 5 : 10;
  const groups: [unknown, string][] = element.option_groups
    ? (element.option_groups as Wire[]).map((group, n) => [group.options, `${at}/option_groups/${n}/options`])
    : [[element.options, `${at}/options`]];
  if (!element.options && !element.option_groups) report('missing required field: options', at);
  if ((element.option_groups?.length ?? 0) > 100)
    report('no more than 100 items allowed', `${at}/option_groups`);
  const marks = element.type === 'radio_buttons' || element.type === 'checkboxes';
  const known = new Set<string>();
  for (const [options, place] of groups) {
    if (!checkList(options, place, most, report)) continue;
    options.forEach((option, n) => {
      known.add(`${option.value}`);
      checkFields(option, `${place}/${n}`, ['text', 'value'], ['description', 'url'], report);
      checkText(option.text, `${place}/${n}/text`, 75, report, !marks);
      checkString(option.value, `${place}/${n}/value`, 150, report);
      checkText(option.description, `${place}/${n}/description`, 75, report, !marks);
    });
  }
  const initial = [element.initial_option ?? [], element.initial_options ?? []].flat() as Wire[];
  if (initial.some((option) => !known.has(`${option.value}`))) {
    report('could not match initial option to provided options', at);
  }
}

function checkInput(element: Wire, at: string, report: Report) {
  checkString(element.initial_value, `${at}/initial_value`, element.max_length ?? 3000, report, 0);
  for (const bound of ['min_length', 'max_length']) {
    const value = element[bound];
    if (value !== undefined && !(value >= 0 && value <= 3000))
      report('must be between 0 and 3000', `${at}/${bound}`);
  }
  for (const bound of ['min_value', 'max_value']) {
    if (element[bound] !== undefined && !/^-?\d+(\.\d+)?$/.test(`${element[bound]}`)) {
      report('must be a valid number', `${at}/${bound}`);
    }
  }
  if (element.max_files !== undefined && !(element.max_files >= 1 && element.max_files <= 10)) {
    report('must be between 1 and 10', `${at}/max_files`);
  }
}
