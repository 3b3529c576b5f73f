/**
 * The HTTP gateway as the command line reaches it: an explicit address, else the socket of the local stack
 * (platform.md 4).
 */
import { type ApiClient, createApiClient } from '../../api/client/client.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import { type Handshake, protocolNumber } from '../../contracts/gateway.ts';
import { resolvePaths } from '../../local/paths.ts';
import type { CommandContext } from '../command.ts';
import { ownVersion } from '../version.ts';

export interface Gateway {
  readonly client: ApiClient;
  readonly handshake: Handshake;
  /** Local stack, or somebody's address. */
  readonly place: 'local' | 'remote';
  close(): void;
}

/** How long a stream that broke is dialled again, ms: the supervisor brings a dead part back within that (stages.md 17). */
const redialMs = 30_000;

/** The address somebody named, by `--address` or `OMNIBASE_URL`; it beats the local socket. */
function explicitAddress({ globals, io }: CommandContext): string | null {
  return globals.address ?? (io.env['OMNIBASE_URL'] || null);
}

/**
 * Connects and shakes hands. Null when no address is named and no local stack answers.
 *
 * @throws OB010 when the named address does not answer, OB017 when it speaks another protocol
 */
export async function connectGateway(context: CommandContext): Promise<Gateway | null> {
  const url = explicitAddress(context);
  const token = context.io.env['OMNIBASE_TOKEN'];
  const target =
    url === null
      ? { socketPath: resolvePaths({ ...context.io.env }).socket_path }
      : { url, ...(token === undefined ? {} : { token }) };
  const client = createApiClient(target, { correlationId: context.correlationId, redialMs });
  const close = (): void => client.close();
  try {
    const handshake = await client.handshake();
    context.detail(`control plane: ${client.address}, version ${handshake.version}, pid ${handshake.pid}`);
    if (url !== null && handshake.protocol !== protocolNumber) throw mismatch(handshake);
    return { client, handshake, place: url === null ? 'local' : 'remote', close };
  } catch (error) {
    close();
    // No socket, or nobody behind it: there is no local stack, which is no error here.
    if (
      url === null &&
      error instanceof OmniBaseError &&
      error.code === 'OB010' &&
      error.details?.['reason'] !== 'EACCES'
    )
      return null;
    throw error;
  }
}

function mismatch(handshake: Handshake): OmniBaseError {
  return new OmniBaseError('OB017', {
    message: `the control plane has version ${handshake.version} and protocol ${handshake.protocol}, this program ${ownVersion()} and ${protocolNumber}`,
    next: 'install the same version on both sides',
  });
}
