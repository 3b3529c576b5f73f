/** The open offer of a node, asked for again and again until it is there or the caller has waited long enough. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OmniBaseError } from '../../contracts/error.ts';
import type { OfferAnswer } from '../../contracts/node/answers.ts';
import type { RegistrationKey } from '../../contracts/node/workflow.ts';
import type { Database } from '../../db/client.ts';
import { toNodeError } from '../../db/resilience/database-errors.ts';
import { readOffer } from '../../db/stores/node-liveness/offer.ts';

/** One look costs one row by its key. */
const lookEveryMs = 250;

/** @throws ND003 for an unknown node; the reason of `signal`; ND009, ND010, ND012 */
export async function waitForOffer(
  database: Database,
  key: RegistrationKey,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<OfferAnswer | null> {
  const until = performance.now() + waitMs;
  for (;;) {
    const offer = await presentOffer(database, key);
    const left = until - performance.now();
    if (offer !== null || left <= 0) return offer;
    await sleep(Math.min(left, lookEveryMs), undefined, { signal }).catch((error: unknown) => {
      throw signal?.reason ?? error;
    });
  }
}

async function presentOffer(database: Database, key: RegistrationKey): Promise<OfferAnswer | null> {
  const found = await readOffer(database, key).catch((error: unknown) => {
    throw toNodeError(error);
  });
  if (found === null) throw new OmniBaseError('ND003', { details: { id: key.entity_id, domain: key.domain } });
  return found.offer;
}
