import { createMemoryLog } from '../../src/log/memory.js';
import { describeLogStates } from '../conformance/logStates.js';
import { standingClock } from './standingClock.js';

const open = async () => createMemoryLog({ clock: standingClock });

describeLogStates(open);
