/**
 * Checks of everything that is said to a registration (registration.md 4.1, 4.2). They say what the schemas of
 * `contracts/node/messages.ts` say, and a property test holds the two together; these run where zod does not (workflow
 * sandbox) or costs too much (a beat of ten thousand nodes).
 *
 * Beyond the schemas they refuse what would fail later than at the border: characters and keys that `jsonb` or an object
 * cannot hold, and nesting beyond 64 levels. Values never appear in a problem, only where it is and what would fit.
 */
export { checkAck } from './messages/ack.ts';
export { checkDeregister } from './messages/deregister.ts';
export { checkPoke, checkStatusEdge } from './messages/hints.ts';
export { checkHeartbeat } from './messages/heartbeat.ts';
export { checkIntrospection } from './messages/introspection.ts';
export type { Checked, MessageDefaults } from './messages/check.ts';
