import type { Wire } from '../wire.js';
import { allowedIn, checkElement, checkImage } from './elements.js';
import {
  checkFields,
  checkList,
  checkString,
  checkText,
  type FileState,
  type Problem,
  type Report,
} from './report.js';

export type Surface = 'message' | 'modal' | 'home';

const most: Readonly<Record<Surface, number>> = { message: 50, modal: 100, home: 100 };

/** The blocks that the fake knows: the fields they must and may have besides `block_id`. */
const blockFields: Readonly<Record<string, { required: string[]; optional: string[] }>> = {
  section: { required: [], optional: ['text', 'fields', 'accessory', 'expand'] },
  image: { required: ['alt_text'], optional: ['image_url', 'slack_file', 'title'] },
  actions: { required: ['elements'], optional: [] },
  context: { required: ['elements'], optional: [] },
  header: { required: ['text'], optional: [] },
  divider: { required: [], optional: [] },
  input: { required: ['label', 'element'], optional: ['hint', 'optional', 'dispatch_action'] },
  rich_text: { required: ['elements'], optional: [] },
  markdown: { required: ['text'], optional: [] },
};

/**
 * All that Slack would find wrong with blocks.
 *
 * @example checkBlocks([{ type: 'divider' }], 'message', () => 'ready'); // []
 */
export function checkBlocks(blocks: unknown, surface: Surface, files: FileState): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (message, at, excused = false) => problems.push({ message, at, excused });
  const root = surface === 'message' ? '/blocks' : '/view/blocks';
  if (!checkList(blocks, root, most[surface], report, surface === 'modal' ? 1 : 0)) {
    if (problems.length === 0) report('must be an array', root);
    return problems;
  }
  const names = new Set<string>();
  blocks.forEach((block, n) => {
    const at = `${root}/${n}`;
    if (block.block_id !== undefined) {
      if (names.has(block.block_id))
        report(`\`block_id\` "${block.block_id}" already exists`, `${at}/block_id`);
      names.add(block.block_id);
    }
    checkBlock(block, at, surface, files, report);
  });
  return problems;
}

function checkBlock(block: Wire, at: string, surface: Surface, files: FileState, report: Report) {
  const fields = blockFields[block.type];
  if (!fields || (block.type === 'markdown' && surface !== 'message')) {
    return report(`unsupported type: ${block.type}`, `${at}/type`);
  }
  checkFields(block, at, fields.required, [...fields.optional, 'block_id'], report);
  checkString(block.block_id, `${at}/block_id`, 255, report);
  switch (block.type) {
    case 'section':
      return checkSection(block, at, files, report);
    case 'image':
      checkText(block.title, `${at}/title`, 2000, report);
      return checkImage(block, at, files, report);
    case 'actions':
      return checkActions(block, at, files, report);
    case 'context':
      return checkContext(block, at, files, report);
    case 'header':
      return checkText(block.text, `${at}/text`, 150, report);
    case 'markdown':
      return checkString(block.text, `${at}/text`, 12_000, report);
    case 'input':
      return checkInputBlock(block, at, surface, files, report);
    case 'rich_text':
      checkList(block.elements, `${at}/elements`, Number.POSITIVE_INFINITY, report);
  }
}

function checkSection(block: Wire, at: string, files: FileState, report: Report) {
  if (block.text === undefined && block.fields === undefined) report('missing required field: text', at);
  checkText(block.text, `${at}/text`, 3000, report, false);
  if (block.fields !== undefined && checkList(block.fields, `${at}/fields`, 10, report)) {
    (block.fields as Wire[]).forEach((field, n) => {
      checkText(field, `${at}/fields/${n}`, 2000, report, false);
    });
  }
  if (block.accessory) checkElement(block.accessory, `${at}/accessory`, allowedIn.section, files, report);
}

function checkActions(block: Wire, at: string, files: FileState, report: Report) {
  if (!checkList(block.elements, `${at}/elements`, 25, report)) return;
  const names = new Set<string>();
  (block.elements as Wire[]).forEach((element, n) => {
    const place = `${at}/elements/${n}`;
    checkElement(element, place, allowedIn.actions, files, report);
    if (element.action_id === undefined) return;
    if (names.has(element.action_id)) {
      report(`\`action_id\` "${element.action_id}" already exists for another element`, `${place}/action_id`);
    }
    names.add(element.action_id);
  });
}

function checkContext(block: Wire, at: string, files: FileState, report: Report) {
  if (!checkList(block.elements, `${at}/elements`, 10, report)) return;
  (block.elements as Wire[]).forEach((element, n) => {
    const place = `${at}/elements/${n}`;
    if (element.type === 'image') checkElement(element, place, ['image'], files, report);
    else checkText(element, place, 2000, report, false);
  });
}

function checkInputBlock(block: Wire, at: string, surface: Surface, files: FileState, report: Report) {
  checkText(block.label, `${at}/label`, 2000, report);
  checkText(block.hint, `${at}/hint`, 2000, report);
  const allowed =
    surface === 'modal' ? allowedIn.input : allowedIn.input.filter((type) => type !== 'file_input');
  if (typeof block.element === 'object' && block.element !== null) {
    checkElement(block.element, `${at}/element`, allowed, files, report);
  }
}
