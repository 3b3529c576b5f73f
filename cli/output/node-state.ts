/** States of nodes in the colours of the product. */
import { type RegistrationState, registrationStates } from '../../contracts/node/vocabulary.ts';
import type { Palette } from './colour.ts';

export function paintState(state: RegistrationState, paint: Palette): string {
  switch (state) {
    case 'active':
      return paint.good(state);
    case 'rejected':
    case 'liveness_expired':
      return paint.bad(state);
    case 'ack_timed_out':
      return paint.warning(state);
    default:
      return state;
  }
}

/** Whether a value from outside is one of the eight. */
export function isRegistrationState(value: unknown): value is RegistrationState {
  return registrationStates.some((state) => state === value);
}
