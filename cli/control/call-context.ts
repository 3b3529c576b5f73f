/** Who calls, as the registry wants to know it. */
import { userInfo } from 'node:os';
import type { CallContext } from '../../contracts/registry.ts';
import type { CommandContext } from '../command.ts';

/** Longest time a registry call may take unless `--timeout` says otherwise, ms. */
const defaultDeadlineMs = 30_000;

/**
 * The local user. The gateway decides by its own knowledge who calls; on a direct database connection these
 * capabilities guard against mistakes only (registry.md 11.1).
 */
export function callContext({ correlationId, globals }: CommandContext): CallContext {
  return {
    principal: { id: `user:${userInfo().username}`, kind: 'user', capabilities: ['registry.read', 'registry.write'] },
    correlation_id: correlationId,
    deadline_ms: globals.timeout ?? defaultDeadlineMs,
  };
}
