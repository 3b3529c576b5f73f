/** Everything run control says across borders (runs.md), by subject in `contracts/run/`. */
export * from './run/vocabulary.ts';
export * from './run/limits.ts';
export * from './run/settings.ts';
export * from './run/values.ts';
export * from './run/heartbeat.ts';
export * from './run/command.ts';
export * from './run/policy.ts';
export * from './run/requests.ts';
export * from './run/query.ts';
export * from './run/event-table.ts';
export * from './run/events.ts';
export type * from './run/answers.ts';
export type * from './run/row.ts';
export type * from './run/record-rows.ts';
export type * from './run/projection.ts';
export type * from './run/memory.ts';
export type * from './run/workflow.ts';
export type * from './run/api.ts';
