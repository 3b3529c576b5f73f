/** A checked envelope with nothing left open (runs.md 6.1): what workflow and store work with. */
import type { Command, CommandEnvelope } from '../../../contracts/run/command.ts';
import type { RunActor } from '../../../contracts/run/values.ts';

export interface CommandDefaults {
  /** Made by the server. */
  readonly id: string;
  /** Of an authenticated caller: operator and principal. */
  readonly actor: RunActor;
  /** RFC 3339. */
  readonly now: string;
}

export function completeCommand(envelope: CommandEnvelope, defaults: CommandDefaults): Command {
  const { id, issued_at, actor, ...order } = envelope;
  return { ...order, id: id ?? defaults.id, issued_at: issued_at ?? defaults.now, actor: actor ?? defaults.actor };
}
