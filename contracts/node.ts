/** Everything node registration says across borders (registration.md), by subject in `contracts/node/`. */
export * from './node/vocabulary.ts';
export * from './node/messages.ts';
export type * from './node/answers.ts';
export type * from './node/row.ts';
export * from './node/projection.ts';
export * from './node/settings.ts';
export type * from './node/query.ts';
export type * from './node/sweep.ts';
export type * from './node/api.ts';
export * from './node/workflow.ts';
