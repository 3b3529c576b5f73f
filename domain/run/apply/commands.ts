/** Steps over commands (runs.md 6.2, 6.4): acceptance, supersede, expiry, skip, confirmation. */
import type { RunStep } from '../../../contracts/run/projection.ts';
import type { CommandRow } from '../../../contracts/run/row.ts';
import type { CommandStatus } from '../../../contracts/run/vocabulary.ts';
import { confirmationDue, isAwaitingConfirmation, isOpen } from '../commands/progress.ts';
import { instantOf, instantOrNull, instantText } from '../time.ts';
import type { ChangeDraft } from './draft.ts';

type Step<S extends RunStep['step']> = Extract<RunStep, { readonly step: S }>;

export function acceptCommand(draft: ChangeDraft, { command, body_hash, expiry_s }: Step<'command'>): void {
  const { now, next_command_seq: seq } = draft.context;
  const row: CommandRow = {
    id: command.id,
    run_id: draft.run.id,
    seq,
    type: command.type,
    payload: command.payload,
    status: 'queued',
    body_hash,
    actor_type: command.actor.type,
    actor_id: command.actor.id,
    issued_at: command.issued_at,
    created_at: draft.at,
    expires_at: expiry_s === null ? null : instantText(now + expiry_s * 1_000),
    delivered_at: null,
    last_delivered_at: null,
    delivery_attempt: 0,
    lease_expires_at: null,
    acknowledged_at: null,
    outcome: null,
    outcome_message: null,
    applied: null,
    ack_step: null,
    late: false,
    closed_reason: null,
  };
  draft.insert(row);
  if (command.type === 'terminate') draft.terminateId ??= command.id;
  if (command.type === 'tune') draft.tune.push({ command_id: command.id, to: 'pending', reason: null });
  draft.emit('command.queued', {
    ...named(row),
    actor_type: row.actor_type,
    actor_id: row.actor_id,
    seq,
    expires_at: row.expires_at,
  });
}

/** Never offered before, so never to be: an agent that has a command keeps it until its lease is over. */
export function supersedeQueued(draft: ChangeDraft, { except, reason }: Step<'supersede'>): void {
  close(draft, ({ id, status }) => status === 'queued' && id !== except, 'superseded', reason);
}

/** The run has ended: whatever is open never comes to anything. */
export function supersedeOpen(draft: ChangeDraft, reason: string): void {
  close(draft, isOpen, 'superseded', reason);
}

/** No agent to ask. */
export function skipCommand(draft: ChangeDraft, { command_id }: Step<'skip'>): void {
  draft.update(({ id, status }) => id === command_id && status === 'queued', {
    status: 'skipped',
    closed_reason: 'the run had no agent',
  });
}

export function expireCommands(draft: ChangeDraft): void {
  const { now } = draft.context;
  close(
    draft,
    (command) => isOpen(command) && command.expires_at !== null && now >= instantOf(command.expires_at),
    'expired',
    'not acknowledged in time',
  );
}

/** A beat has shown what was acknowledged. */
export function confirmCommands(draft: ChangeDraft, { type }: Step<'confirm'>): void {
  draft.update((command) => command.type === type && isAwaited(command), { closed_reason: 'confirmed' });
}

/** No beat has, in time. */
export function unconfirmCommands(draft: ChangeDraft): void {
  const { now, settings } = draft.context;
  const over = draft.update(
    (command) =>
      isAwaited(command) &&
      now >=
        confirmationDue(
          { ...command, acknowledged_at: instantOrNull(command.acknowledged_at) },
          settings.confirmation_s,
        ),
    { closed_reason: 'unconfirmed' },
  );
  for (const command of over) {
    draft.emit('command.unconfirmed', {
      ...named(command),
      acknowledged_at: command.acknowledged_at ?? draft.at,
    });
  }
}

/** A new attempt: what the older process held is offered anew. */
export function releaseLeases(draft: ChangeDraft): void {
  draft.update(({ lease_expires_at }) => lease_expires_at !== null, { lease_expires_at: null });
}

function close(
  draft: ChangeDraft,
  chosen: (command: CommandRow) => boolean,
  status: Extract<CommandStatus, 'superseded' | 'expired'>,
  reason: string,
): void {
  for (const command of draft.update(chosen, { status, closed_reason: reason, lease_expires_at: null })) {
    if (command.type === 'tune') draft.tune.push({ command_id: command.id, to: 'superseded', reason });
    draft.emit(`command.${status}`, { ...named(command), reason });
  }
}

function isAwaited(command: CommandRow): boolean {
  const progress = { ...command, acknowledged_at: instantOrNull(command.acknowledged_at) };
  return isAwaitingConfirmation(progress) && !command.late && command.closed_reason === null;
}

function named({ id, type }: CommandRow) {
  return { command_id: id, command_type: type };
}
