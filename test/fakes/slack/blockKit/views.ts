import type { Wire } from '../wire.js';
import { checkBlocks } from './blocks.js';
import { checkFields, checkString, checkText, type FileState, type Problem, type Report } from './report.js';

const shared = ['blocks', 'private_metadata', 'callback_id', 'external_id'];
const ofModals = ['submit', 'close', 'clear_on_close', 'notify_on_close', 'submit_disabled'];

/** All that Slack would find wrong with a modal or a Home tab. */
export function checkView(view: Wire, expected: 'modal' | 'home', files: FileState): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (message, at, excused = false) => problems.push({ message, at, excused });
  if (view.type !== expected) {
    report(`unsupported type: ${view.type}`, '/view/type');
    return problems;
  }
  const modal = expected === 'modal';
  checkFields(
    view,
    '/view',
    modal ? ['title', 'blocks'] : ['blocks'],
    [...shared, ...(modal ? ofModals : [])],
    report,
  );
  checkText(view.title, '/view/title', 24, report);
  checkText(view.submit, '/view/submit', 24, report);
  checkText(view.close, '/view/close', 24, report);
  checkString(view.private_metadata, '/view/private_metadata', 3000, report, 0);
  checkString(view.callback_id, '/view/callback_id', 255, report, 0);
  checkString(view.external_id, '/view/external_id', 255, report, 0);
  problems.push(...checkBlocks(view.blocks, expected, files));
  const asks = Array.isArray(view.blocks) && view.blocks.some((block: Wire) => block?.type === 'input');
  if (modal && asks && view.submit === undefined) {
    report('missing required field: submit (a view with input blocks needs one)', '/view');
  }
  return problems;
}
