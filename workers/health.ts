/**
 * What a worker checks before it starts, and what readiness asks while it runs (architecture.md "Shared shapes",
 * platform.md 5): search attributes, Temporal, Postgres, the worker itself.
 */
import type { NativeConnection } from '@temporalio/worker';
import { createAttributeCommand, missingSearchAttributes } from '../client/search-attributes.ts';
import { OmniBaseError } from '../contracts/error.ts';

/** gRPC codes of servers that do not let this client ask: Temporal Cloud, restricted roles. */
const notForUs = new Set([7, 12, 16]);
const askTimeoutMs = 5_000;

/**
 * Makes sure the namespace knows every search attribute of the closed list.
 *
 * @throws OB014 naming the missing ones and the commands that create them
 */
export async function requireSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const known = await listSearchAttributes(connection, namespace);
  if (known === null) return;
  const missing = missingSearchAttributes(known);
  if (missing.length === 0) return;
  const commands = missing.map((name) => createAttributeCommand(name, namespace));
  throw new OmniBaseError('OB014', {
    message: `the Temporal namespace ${namespace} lacks the search attributes ${missing.join(', ')}; create them with:\n${commands.join('\n')}`,
    details: { missing: missing.join(', '), namespace, commands },
    next: commands.join(' && '),
  });
}

async function listSearchAttributes(connection: NativeConnection, namespace: string): Promise<string[] | null> {
  try {
    const answer = await connection.withDeadline(Date.now() + askTimeoutMs, () =>
      connection.operatorService.listSearchAttributes({ namespace }),
    );
    return Object.keys(answer.customAttributes);
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
    // Who may not list them may still use them: a start that names an unknown one says so.
    if (typeof code === 'number' && notForUs.has(code)) return null;
    throw error;
  }
}

/** Asks the server for its system info. @throws what the connection throws */
export async function pingTemporal(connection: NativeConnection): Promise<void> {
  await connection.withDeadline(Date.now() + askTimeoutMs, () => connection.workflowService.getSystemInfo({}));
}
