import { describeLogStates } from '../../conformance/logStates.js';
import { temporaryLog } from './temporaryLog.js';

const open = () => temporaryLog();

describeLogStates(open);
