/**
 * Which command an agent gets next (runs.md 6.3, 6.4). The claiming statement decides the same in SQL; this rule is what
 * it is held to. Unacknowledged, not expired, lease absent or over; terminate before all, else by server sequence; no
 * offer while another command holds a live lease, except a terminate.
 */
import type { CommandStatus, CommandType } from '../../../contracts/run/vocabulary.ts';

export interface ClaimFacts {
  readonly id: string;
  readonly seq: number;
  readonly type: CommandType;
  readonly status: CommandStatus;
  /** Times in ms; null = never. */
  readonly expires_at: number | null;
  readonly lease_expires_at: number | null;
  readonly delivered_at: number | null;
  readonly delivery_attempt: number;
}

export interface Claim {
  readonly offer: ClaimFacts | null;
  /** Delivered before a terminate, their lease over: superseded instead of redelivered. */
  readonly supersede: readonly string[];
}

/** @param stopping the run is terminating: nothing but a terminate is offered */
export function claimNext(commands: readonly ClaimFacts[], stopping: boolean, now: number): Claim {
  const open = commands.filter(({ status }) => status === 'queued' || status === 'delivered').toSorted(byPrecedence);
  const supersede = stopping
    ? open.filter((command) => command.type !== 'terminate' && !isLeased(command, now)).map(({ id }) => id)
    : [];
  const leased = open.filter((command) => isLeased(command, now));
  const offer = open.find(
    (command) =>
      isOfferable(command, now) &&
      (command.type === 'terminate' || (!stopping && leased.every(({ id }) => id === command.id))),
  );
  return { offer: offer ?? null, supersede };
}

/** Terminate first, then by sequence: a total order, because no two commands of a run share a sequence. */
export function byPrecedence(a: Pick<ClaimFacts, 'type' | 'seq'>, b: Pick<ClaimFacts, 'type' | 'seq'>): number {
  return Number(b.type === 'terminate') - Number(a.type === 'terminate') || a.seq - b.seq;
}

/** Held for the agent that took it. */
export function isLeased({ lease_expires_at }: Pick<ClaimFacts, 'lease_expires_at'>, now: number): boolean {
  return lease_expires_at !== null && now < lease_expires_at;
}

export function isExpired({ expires_at }: Pick<ClaimFacts, 'expires_at'>, now: number): boolean {
  return expires_at !== null && now >= expires_at;
}

function isOfferable(command: ClaimFacts, now: number): boolean {
  return !isExpired(command, now) && !isLeased(command, now);
}

export interface Offer {
  readonly status: 'delivered';
  /** First offer; never moved. */
  readonly delivered_at: number;
  readonly last_delivered_at: number;
  readonly delivery_attempt: number;
  readonly lease_expires_at: number;
  readonly event: 'command.delivered' | 'command.redelivered';
}

/** What an offer stamps. */
export function offer(command: ClaimFacts, now: number, leaseS: number): Offer {
  return {
    status: 'delivered',
    delivered_at: command.delivered_at ?? now,
    last_delivered_at: now,
    delivery_attempt: command.delivery_attempt + 1,
    lease_expires_at: now + leaseS * 1_000,
    event: command.delivered_at === null ? 'command.delivered' : 'command.redelivered',
  };
}

/** A beat that lists a delivered command renews its lease; nothing else has one. */
export function renewedLease(command: ClaimFacts, now: number, leaseS: number): number | null {
  return command.status === 'delivered' ? now + leaseS * 1_000 : command.lease_expires_at;
}
