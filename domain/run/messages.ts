/**
 * Checks of everything that is said to a run (runs.md 5.1, 6.1, 6.5). They say what the schemas of `contracts/run/` say,
 * and property tests hold the two together; these run where zod does not (workflow sandbox) or costs too much.
 */
export { checkAck, checkDirectAck } from './messages/ack.ts';
export type { CheckedMessage, Violation } from './messages/check.ts';
export { checkCommand, type CheckedCommand } from './messages/command.ts';
export {
  type CheckedBeat,
  checkHeartbeat,
  expandCompactHeartbeat,
  isCompactHeartbeat,
} from './messages/heartbeat.ts';
export { checkHint, checkOverride, checkReport, checkReset, checkRunStatusEdge } from './messages/requests.ts';
export { isRunId } from './messages/rules.ts';
