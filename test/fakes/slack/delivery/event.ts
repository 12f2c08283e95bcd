import type { Wire } from '../wire.js';
import type { Team, World } from '../world.js';
import type { Parcel } from './parcel.js';

/** An event in the envelope that the Events API sends it in. */
export function eventParcel(world: World, team: Team, event: Wire): Parcel {
  const payload = {
    token: 'fakefakefakefakefakefake',
    team_id: team.id,
    context_team_id: team.id,
    context_enterprise_id: null,
    api_app_id: world.appId,
    event,
    type: 'event_callback',
    event_id: world.id('Ev'),
    event_time: Math.floor(world.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: team.id,
        user_id: team.botUser,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: world.id('4-'),
  };
  return { kind: 'events_api', about: `${event.type}`, payload, takesAnswer: false };
}
