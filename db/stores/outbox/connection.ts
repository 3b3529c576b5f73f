/** What the statements of the outbox run on: the pool, or the one connection that holds the relay's lock. */
import type pg from 'pg';

export type Connection = Pick<pg.ClientBase, 'query'> | Pick<pg.Pool, 'query'>;
