/** Idempotency keys (registry.md 5.2): the first answer is given again to the same request, another one is refused. */
import { OmniBaseError } from '../../contracts/error.ts';
import type { KeptRequest } from '../../db/stores/components/requests.ts';

/**
 * The answer kept under a key, null when there is none.
 * @throws RG020 when the key was used for another request
 */
export function replayed<T>(kept: KeptRequest | null, requestHash: string): T | null {
  if (kept === null) return null;
  if (kept.request_hash !== requestHash) throw new OmniBaseError('RG020');
  return kept.response as T;
}
