/** Idempotency keys (registry.md 5.2): the first answer is given again to the same request, another one is refused. */
import { OmniBaseError } from '../../contracts/error.ts';
import type { KeptRequest } from '../../db/stores/components/requests.ts';

/**
 * Whether an answer was kept under the key.
 * @throws RG020 when the key was used for another request
 */
export function isReplay(kept: KeptRequest | null, requestHash: string): kept is KeptRequest {
  if (kept === null) return false;
  if (kept.request_hash !== requestHash) throw new OmniBaseError('RG020');
  return true;
}
