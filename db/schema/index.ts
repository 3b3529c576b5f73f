/** All tables of the product in one place: what Drizzle types queries by and generates migrations from. */
export * from './audit.ts';
export * from './changes.ts';
export * from './components.ts';
export * from './liveness.ts';
export * from './outbox.ts';
export * from './stages.ts';
