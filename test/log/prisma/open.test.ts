import { describeLog } from '../../conformance/log.js';
import { temporaryLog } from './temporaryLog.js';

const open = () => temporaryLog();

describeLog(open);
