/** Every table of the database, joined for drizzle. */
export * from './liveness.ts';
export * from './outbox.ts';
export * from './stages.ts';
