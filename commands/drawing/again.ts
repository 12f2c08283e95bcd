import type { Tools } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { GivenPictures, Job } from '../../src/log/log.js';
import type { Request, Responder } from '../../src/request.js';
import { refuseUnknown, refuseUnknownLoras } from './loras.js';
import { mayDraw } from './mayDraw.js';
import { onlyEnlarges } from './size.js';
import { type Drawing, submit } from './submit.js';

/**
 * Asks for a drawing that is made from an earlier one, under the rules that hold here and now.
 *
 * @param change what is other than in `job`
 * @throws UserError as submit and mayDraw do
 */
export async function drawAgain(
  request: Omit<Request, 'options'>,
  job: Job,
  change: Pick<Drawing, 'kind' | 'seed'> & {
    readonly index?: number;
    readonly options?: Partial<Drawing['options']>;
    /** Other than the job's own; none where it is empty. */
    readonly sources?: GivenPictures;
  },
  tools: Tools,
  responder: Responder,
): Promise<void> {
  const settings = await tools.settings(request.place);
  const { seed: _, unreadable, ...before } = job.options;
  if (unreadable) {
    throw new UserError(
      'bad-option',
      `Cannot draw job ${job.id} again: the log has settings of it that nobody can read, want another`,
    );
  }
  const options = { ...before, ...change.options };
  const model = tools.models.get(options.model);
  if (onlyEnlarges(model) && change.kind !== 'enlarge') {
    throw new UserError(
      'bad-option',
      `Cannot draw this again: ${model.name} enlarges pictures and would make the same of it, want the one it was made of`,
    );
  }
  const checkedBefore = onlyEnlarges(model);
  mayDraw(options, request.person, settings, model, tools, { checkedBefore });
  if (!onlyEnlarges(model)) await refuseUnknownLoras(options.prompt, tools);
  if (options.control) {
    refuseUnknown('ControlNet', options.control.name, await tools.sideModels('controlnets'));
  }
  if (options.refiner) tools.models.get(options.refiner.name);
  const { init, mask, controlImage } = change.sources ?? job;
  await submit(
    request,
    {
      kind: change.kind,
      options,
      seed: change.seed,
      ...{ init, mask, controlImage },
      parent: { job: job.id, index: change.index ?? 1 },
    },
    settings,
    tools,
    responder,
  );
}
