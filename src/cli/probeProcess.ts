/** Forked by whyNotUsable.ts with a device's name: tells why it cannot be used, or null, and may crash doing so. */
import { whyNotOn } from '../engine/session.js';

const device = process.argv[2] as Parameters<typeof whyNotOn>[0];
const reason = await whyNotOn(device);
process.send?.(reason ?? null, undefined, undefined, () => process.exit(0));
