import { commands } from '../../commands/index.js';
import type { Parcel } from '../fakes/slack/delivery/parcel.js';
import { mutate } from './mutate.js';
import type { Random } from './random.js';
import type { SlackCorpus } from './slackCorpus.js';

type Told = Pick<Parcel, 'kind' | 'about' | 'payload' | 'takesAnswer'>;

/** Whom and what app Slack says it is about: that much can be relied on. */
const keep = [
  ...[
    'api_app_id',
    'team_id',
    'team',
    'user.id',
    'user_id',
    'event.user',
    'event.bot_id',
    'authorizations',
    'response_url',
  ],
  ...['enterprise', 'context_team_id', 'is_enterprise_install'],
];

/** The same once more, as something new: no identifier that Kiln knows it by is the same. */
export function freshParcel(parcel: Told, { renew }: Pick<SlackCorpus, 'renew'>, random: Random): Told {
  const payload = structuredClone(parcel.payload);
  const number = () => String(random.below(2 ** 32)).padStart(10, '0');
  if (payload.event_id) payload.event_id = `Ev${number()}`;
  // A message's time is where its thread is: it stays one that is there, but for what nobody looks up.
  if (payload.event?.ts) payload.event.ts = `${Math.floor(Date.now() / 1000)}.${number().slice(-6)}`;
  if (payload.trigger_id) payload.trigger_id = `${number()}.${number()}.${number()}`;
  if (payload.view?.id) payload.view.id = `V${number()}`;
  if (payload.actions?.[0]) payload.actions[0].action_ts = `${number()}.${number()}`;
  if (payload.response_url) payload.response_url = renew(payload.response_url);
  return { ...parcel, payload };
}

/** Something like that, but of a form that no Slack would send. */
export function likeParcel(parcel: Told, corpus: SlackCorpus, random: Random, text: () => string): Told {
  const { payload, ...rest } = freshParcel(parcel, corpus, random);
  const action = payload.actions?.[0];
  if (action && random.below(2) === 0) action.action_id = actionId(corpus, random, text);
  if (payload.view?.callback_id && random.below(3) === 0) {
    payload.view.callback_id = `kiln:form:${random.pick([random.pick(commands).name, text()])}`;
    payload.view.private_metadata = random.pick([
      text(),
      '[]',
      'null',
      JSON.stringify({
        channel: corpus.channels[0]!.id,
        job: random.pick(corpus.jobs),
        index: random.pick([1, -1, 1e9, '1']),
      }),
    ]);
  }
  if (payload.event?.text && random.below(2) === 0) payload.event.text = text();
  if (typeof payload.text === 'string' && random.below(2) === 0) payload.text = text();
  if (random.below(10) === 0) return { ...rest, payload };
  return { ...rest, payload: mutate(payload, { random, text, keep }) };
}

/** A Socket Mode envelope around it that is not whole either. */
export function envelope({ kind, payload }: Told, random: Random, text: () => string): string {
  const whole = {
    envelope_id: text(),
    type: kind,
    payload,
    accepts_response_payload: true,
    retry_attempt: 0,
  };
  const json = JSON.stringify(mutate(whole, { random, text, keep: ['payload'] })) ?? '';
  return random.below(5) === 0
    ? random.pick([json.slice(0, random.below(json.length)), text(), 'null', '[]', '1', '{}'])
    : json;
}

function actionId({ jobs }: SlackCorpus, random: Random, text: () => string): string {
  const { name } = random.pick(commands);
  const job = random.pick([...jobs, ...jobs, 'aaaaaaaaaa', '', '__proto__', text()]);
  const index = random.pick(['1', '2', '4', '5', '0', '-1', '999', '1e3', '', text()]);
  const whole = random.pick([`kiln:${name}:${job}:${index}`, `kiln:${name}:${job}`]);
  return random.below(4) > 0
    ? whole
    : random.pick(['kiln:', 'kiln::', `kiln:${name}`, `${whole}:${whole}`, `kiln:${text()}`, text()]);
}
