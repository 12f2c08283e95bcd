import type { Tools } from '../../src/command.js';
import type { Job } from '../../src/log/log.js';
import type { Request, Responder } from '../../src/request.js';
import { mayDraw } from './mayDraw.js';
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
  change: Pick<Drawing, 'kind' | 'init'> & { index?: number; options?: Partial<Drawing['options']> },
  tools: Tools,
  responder: Responder,
): Promise<void> {
  const settings = await tools.settings(request.place);
  const { seed: _, ...before } = job.options;
  const options = { ...before, ...change.options };
  mayDraw(options, request.person, settings, tools.models.get(options.model), tools);
  await submit(
    request,
    {
      kind: change.kind,
      options,
      init: change.init ?? job.init,
      parent: { job: job.id, index: change.index ?? 1 },
    },
    settings,
    tools,
    responder,
  );
}
