import { checkView } from '../blockKit/views.js';
import { type Call, fileStates, type Method, needed, refuseProblems, structure } from '../call.js';
import { named } from '../messages.js';
import { refuse } from '../refusal.js';
import type { Wire } from '../wire.js';
import type { Team, View, World } from '../world.js';

/** The view that a call carries, checked. */
function viewOf({ world, args, team }: Call, type: 'modal' | 'home'): Wire {
  const view = structure(args, 'view', 'invalid_arguments');
  if (!view) return refuse('invalid_arguments', 'view is missing');
  refuseProblems('invalid_arguments', checkView(view, type, fileStates(world, team.id)));
  return view;
}

/** Shows a view to a person: a modal on top of `previous`, or their Home tab. */
export function addView(world: World, team: Team, user: string, content: Wire, previous?: View): View {
  const id = world.id('V');
  const view: View = {
    id,
    team: team.id,
    user,
    content: { ...content, blocks: named(world, content.blocks) },
    hash: world.id('h'),
    root: previous?.root ?? id,
    previous: previous?.id,
    open: true,
    errors: {},
  };
  world.views.set(id, view);
  world.changed();
  return view;
}

/** Gives a view new content. */
export function changeView(world: World, view: View, content: Wire): void {
  view.content = { ...content, blocks: named(world, content.blocks) };
  view.hash = world.id('h');
  view.errors = {};
  world.changed();
}

/** A view as payloads and answers show it. */
export function viewWire(world: World, view: View, values: Wire = {}): Wire {
  const { content } = view;
  const team = world.teams.get(view.team)!;
  return {
    id: view.id,
    team_id: view.team,
    type: content.type,
    blocks: content.blocks,
    private_metadata: content.private_metadata ?? '',
    callback_id: content.callback_id ?? '',
    state: { values },
    hash: view.hash,
    title: content.title ?? { type: 'plain_text', text: 'View Title' },
    close: content.close ?? null,
    submit: content.submit ?? null,
    clear_on_close: content.clear_on_close ?? false,
    notify_on_close: content.notify_on_close ?? false,
    previous_view_id: view.previous ?? null,
    root_view_id: view.root,
    external_id: content.external_id ?? '',
    app_id: world.appId,
    app_installed_team_id: view.team,
    bot_id: team.botId,
  };
}

const open: Method = (call) => {
  const trigger = call.trigger(call.args.trigger_id);
  const content = viewOf(call, 'modal');
  const view = addView(call.world, call.team, trigger.user, content);
  trigger.opened(view);
  return { view: viewWire(call.world, view) };
};

const push: Method = (call) => {
  const trigger = call.trigger(call.args.trigger_id);
  const content = viewOf(call, 'modal');
  const stack = [...call.world.views.values()].filter(
    (one) => one.open && one.user === trigger.user && one.content.type === 'modal',
  );
  if (stack.length >= 3) refuse('push_limit_reached', 'a fourth modal');
  const view = addView(call.world, call.team, trigger.user, content, stack.at(-1));
  trigger.opened(view);
  return { view: viewWire(call.world, view) };
};

const update: Method = (call) => {
  const { world, args, team } = call;
  const all = [...world.views.values()];
  const view = args.view_id
    ? world.views.get(`${args.view_id}`)
    : all.find((one) => args.external_id && one.content.external_id === args.external_id);
  if (!view || view.team !== team.id || !view.open) return refuse('not_found');
  const content = viewOf(call, view.content.type);
  if (args.hash && args.hash !== view.hash) refuse('hash_conflict');
  changeView(world, view, content);
  return { view: viewWire(world, view) };
};

const publish: Method = (call) => {
  const { world, args, team } = call;
  const user = needed(args, 'user_id');
  if (world.people.get(user)?.team !== team.id) refuse('user_not_found');
  const content = viewOf(call, 'home');
  const home = [...world.views.values()].find((one) => one.user === user && one.content.type === 'home');
  if (home && args.hash && args.hash !== home.hash) refuse('hash_conflict');
  if (home) changeView(world, home, content);
  return { view: viewWire(world, home ?? addView(world, team, user, content)) };
};

export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': open,
  'views.push': push,
  'views.update': update,
  'views.publish': publish,
};
