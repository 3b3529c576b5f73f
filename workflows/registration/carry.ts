/** What one run of a registration hands to the next (registration.md 9 "Continue-as-new"): plain JSON below 32 KiB. */
import type { RegistrationCarry } from '../../contracts/node/workflow.ts';
import { checkPoke } from '../../domain/registration/messages.ts';
import type { RegistrationLife } from './life.ts';

/** A run hands over with its inbox drained, so no poke is left to carry; a run of another version might. */
export function carryOf({ memory, settings, held }: RegistrationLife): RegistrationCarry {
  return { schema_version: 1, memory, settings, pokes: [], held_beat: held };
}

/** What came before the first await of this run stays behind what the run before had not handled. */
export function adoptCarry(life: RegistrationLife, { memory, settings, pokes, held_beat }: RegistrationCarry): void {
  life.memory = memory;
  life.settings = settings;
  if (life.held === null) life.held = held_beat;
  life.flushedAt = held_beat?.flushed_at ?? null;
  const known = pokes.flatMap((value) => {
    const checked = checkPoke(value);
    return checked.ok ? [{ input: { kind: 'poke' as const, poke: checked.value }, caller: null }] : [];
  });
  life.inbox.unshift(...known);
}
