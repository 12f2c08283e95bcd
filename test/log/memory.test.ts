import { createMemoryLog } from '../../src/log/memory.js';
import { describeLog } from '../conformance/log.js';
import { standingClock } from './standingClock.js';

const open = async () => createMemoryLog({ clock: standingClock });

describeLog(open);
