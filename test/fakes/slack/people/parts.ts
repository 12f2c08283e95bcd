import type { Transport } from '../delivery/parcel.js';
import type { ResponseUrls } from '../responseUrls.js';
import type { Triggers } from '../triggers.js';
import type { World } from '../world.js';

/** What people act through. */
export interface PeopleParts {
  world: World;
  transport: Transport;
  triggers: Triggers;
  responseUrls: ResponseUrls;
}
