import { describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../../db/client.ts';
import { createBreaker } from '../../../../db/resilience/breaker.ts';
import { createNodeReader, type NodeReader } from '../../../../db/stores/registration/reader.ts';

/** Nothing listens there: whatever reaches the database fails with ND009, so ND002 proves that nothing was asked. */
const nowhere: Database = openDatabase('postgres://nobody@127.0.0.1:1/nothing', { applicationName: 'nowhere' });
const reader = createNodeReader({ database: nowhere });
const id = '00000000-0000-4000-8000-000000000001';
const deep = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) as Record<string, unknown>;

/** As a caller without types may write it. */
const loose = reader as unknown as Record<keyof NodeReader, (...args: unknown[]) => Promise<unknown>>;

const invalid: [string, () => Promise<unknown>][] = [
  ['a limit of 0', () => reader.list({ limit: 0 })],
  ['a limit above 1000', () => reader.list({ limit: 1001 })],
  ['a limit with a fraction', () => reader.list({ limit: 1.5 })],
  ['a limit that is no number', () => loose.list({ limit: '5' })],
  ['a limit of transitions', () => reader.getTransitions(id, { limit: -1 })],
  ['a limit where nothing matches', () => reader.find({ intent_types: [], limit: 0 })],
  ['a cursor of nobody', () => reader.list({ cursor: 'abc' })],
  ['an empty cursor', () => reader.list({ cursor: '' })],
  ['a cursor that is JSON of another shape', () => reader.list({ cursor: Buffer.from('[1,2]').toString('base64url') })],
  ['an unknown state', () => loose.getByState('gone')],
  ['an unknown state among others', () => loose.list({ state: ['active', 'gone'] })],
  ['no state', () => reader.list({ state: [] })],
  ['an unknown node type', () => loose.list({ node_type: 'toaster' })],
  ['an unknown contract type', () => loose.getByContractType('toaster')],
  ['an unknown direction', () => loose.getByTopic('orders', 'sideways')],
  ['a direction without a topic', () => reader.list({ direction: 'publish' })],
  ['a time without a zone', () => reader.list({ updated_since: '2026-01-01T00:00:00' })],
  ['a time that is none', () => reader.list({ updated_since: '2026-13-01T00:00:00Z' })],
  ['a time before all', () => reader.list({ updated_since: '0000-01-01T00:00:00Z' })],
  ['a now that is none', () => reader.getOverdueAckRegistrations({ now: 'now()' })],
  ['an id that is none', () => reader.getEntityState('1; drop table')],
  ['an id of transitions that is none', () => reader.getTransitions('x')],
  ['a since that is negative', () => reader.getTransitions(id, { since_id: -1 })],
  ['an empty domain', () => reader.list({ domain: '' })],
  ['a domain with NUL', () => reader.countByState('a\0b')],
  ['a tag with NUL', () => reader.getByCapabilityTag('a\0')],
  ['an empty tag', () => reader.getByCapabilityTag('')],
  ['a tag beyond all measure', () => reader.getByCapabilityTag('x'.repeat(5000))],
  ['no tags, any', () => reader.getByCapabilityTagsAny([])],
  ['no tags, all', () => reader.getByCapabilityTagsAll([])],
  ['no intents', () => reader.getByIntentTypes([])],
  ['intents that are no list', () => loose.getByIntentTypes('http.get')],
  ['too many intents', () => reader.getByIntentTypes(Array.from({ length: 1001 }, (_, n) => `i${n}`))],
  ['a fragment that is a list', () => loose.getByCapability(['read'])],
  ['a fragment with NUL inside', () => reader.getByCapability({ config: { 'a\0': 1 } })],
  ['a fragment without end', () => reader.getByCapability(deep)],
  ['criteria without a capability', () => reader.find({ contract_type: 'effect' })],
  ['a selection without criteria', () => reader.select({})],
  ['a selection with an empty list', () => reader.select({ intent_types: [] })],
  ['an unknown strategy', () => loose.select({ capability: 'x', strategy: 'best' })],
  ['an exclusion that is no id', () => reader.select({ capability: 'x', exclude: ['me'] })],
  ['an endless key', () => reader.select({ capability: 'x', strategy: 'round_robin', key: 'k'.repeat(257) })],
  ['a dependency on neither', () => loose.resolve({ name: 'n', type: 'thing', capability: 'x', strategy: 'first' })],
  ['a dependency without criteria', () => reader.resolve({ name: 'n', type: 'node', strategy: 'first' })],
];

describe('ND002 before any I/O', () => {
  it.each(invalid)('%s', async (_what, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'ND002', httpStatus: 400, exitCode: 2 });
  });

  it('never repeats the value', async () => {
    const error = await loose.getByState('s3cret').catch((caught: unknown) => caught);
    expect(String(error)).not.toContain('s3cret');
  });
});

describe('without a database', () => {
  it('every question that is understood is ND009', async () => {
    await expect(reader.getEntityState(id)).rejects.toMatchObject({ code: 'ND009' });
    await expect(reader.list()).rejects.toMatchObject({ code: 'ND009' });
    await expect(reader.select({ capability: 'x' })).rejects.toMatchObject({ code: 'ND009' });
  });

  it('the breaker opens for failures, not for questions that are not understood', async () => {
    const breaker = createBreaker({ name: 'postgres', settings: () => ({ threshold: 2, reset_ms: 60_000 }) });
    const guarded = createNodeReader({ database: nowhere, breaker });
    for (let n = 0; n < 5; n++) await expect(guarded.list({ limit: 0 })).rejects.toMatchObject({ code: 'ND002' });
    expect(breaker.state()).toBe('closed');
    for (let n = 0; n < 2; n++) await expect(guarded.list()).rejects.toMatchObject({ code: 'ND009' });
    await expect(guarded.list()).rejects.toMatchObject({ code: 'ND011' });
    await expect(guarded.list({ limit: 0 })).rejects.toMatchObject({ code: 'ND002' });
  });
});
