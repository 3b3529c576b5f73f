/** All tables of the product in one place: what Drizzle types queries by and generates migrations from. */
export * from './audit.ts';
export * from './changes.ts';
export * from './components.ts';
export * from './incidents.ts';
export * from './liveness.ts';
export * from './node-liveness.ts';
export * from './outbox.ts';
export * from './outbox-sinks.ts';
export * from './registration.ts';
export * from './registration-transitions.ts';
export * from './selection-cursors.ts';
export * from './stages.ts';
export * from './tokens.ts';
