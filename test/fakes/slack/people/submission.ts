import { checkView } from '../blockKit/views.js';
import { fileStates } from '../call.js';
import { addView, changeView } from '../methods/views.js';
import type { Wire } from '../wire.js';
import type { Team, View, World } from '../world.js';

/** Does what the acknowledgement of a submission says; without a word from the app the modal closes. */
export function answerSubmission(
  world: World,
  team: Team,
  view: View,
  response: unknown,
  opened: (view: View) => void,
): void {
  const said = (typeof response === 'object' && response !== null ? response : {}) as Wire;
  const openModals = [...world.views.values()].filter(
    (one) => one.open && one.user === view.user && one.content.type === 'modal',
  );
  switch (said.response_action) {
    case undefined:
      view.open = false;
      break;
    case 'clear':
      for (const one of openModals) one.open = false;
      break;
    case 'errors':
      showErrors(world, view, said.errors ?? {});
      break;
    case 'update':
    case 'push': {
      const problems = checkView(said.view ?? {}, 'modal', fileStates(world, team.id));
      if (problems.length > 0) {
        const detail = problems.map(({ message, at }) => `${message} [json-pointer:${at}]`).join('; ');
        world.breaches.add('invalid_arguments', `response_action ${said.response_action}: ${detail}`);
      } else if (said.response_action === 'update') {
        changeView(world, view, said.view);
        opened(view);
      } else if (openModals.length >= 3) {
        world.breaches.add('push_limit_reached', 'a fourth modal');
      } else {
        opened(addView(world, team, view.user, said.view, view));
      }
      break;
    }
    default:
      world.breaches.add('response_action', `an unknown response_action: ${said.response_action}`);
  }
  world.changed();
}

function showErrors(world: World, view: View, errors: Record<string, string>) {
  const inputs = (view.content.blocks as Wire[]).filter((block) => block.type === 'input');
  const wrong = Object.keys(errors).filter((id) => !inputs.some((block) => block.block_id === id));
  if (wrong.length > 0 || Object.keys(errors).length === 0) {
    world.breaches.add(
      'response_action',
      `errors for what is no input block: ${wrong.join(', ') || 'none given'}`,
    );
  }
  view.errors = errors;
}
