/** Options and operands that the node commands share (registration.md 10). */
import type { NodeKey } from '../../contracts/node/api.ts';
import { defaultNodeDomain } from '../../contracts/node/vocabulary.ts';
import { flag, text } from '../arguments/options.ts';
import { usageError } from '../arguments/usage.ts';

const noAutostart = flag('--no-autostart', 'never start the local stack');

/** For commands about one node. */
export const nodeOptions = {
  domain: text('--domain <name>', 'namespace of the node, registration unless told'),
  noAutostart,
};

/** For commands about many. */
export const nodesOptions = {
  domain: text('--domain <name>', "namespace of the nodes, registration unless told, '*' for all"),
  noAutostart,
};

/** Any version; upper case is accepted. */
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const domainPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/**
 * The node an operand names.
 *
 * @throws OB002 for what is no uuid, or no domain
 */
export function nodeKeyOf(id: string, domain: string | undefined): Required<NodeKey> {
  return { node_id: uuidOf(id, 'a node id'), domain: domainOf(domain) };
}

/** @param what named in the refusal */
export function uuidOf(given: string, what: string): string {
  if (uuidPattern.test(given)) return given.toLowerCase();
  throw usageError(`${what} is a uuid, not ${JSON.stringify(given)}`, 'omnibase node ls shows the ids');
}

export function isUuid(given: string): boolean {
  return uuidPattern.test(given);
}

/** The domain of a question about many nodes; null = all of them. */
export function domainsOf(given: string | undefined): string | null {
  return given === '*' ? null : domainOf(given);
}

/** @throws OB002 for a name outside 1-128 letters, digits, `.`, `_`, `:` and `-` */
export function domainOf(given: string | undefined): string {
  if (given === undefined) return defaultNodeDomain;
  if (domainPattern.test(given)) return given;
  throw usageError(
    `--domain takes 1 to 128 letters, digits, '.', '_', ':' and '-', beginning with a letter or digit, not ${JSON.stringify(given)}`,
    `leave it out for ${defaultNodeDomain}`,
  );
}
