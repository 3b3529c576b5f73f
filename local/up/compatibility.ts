/** Whether a running stack serves this caller (stages.md 6.1). Pure. */
import type { Handshake } from '../../contracts/gateway.ts';

export interface CallerVersion {
  readonly protocol: number;
  readonly version: string;
}

/**
 * `use` it as it is, or `restart` it at the caller's version: when the protocol differs, or when the caller
 * is newer. An older caller of the same protocol is served.
 */
export function compatibility(
  running: Pick<Handshake, 'protocol' | 'version'>,
  caller: CallerVersion,
): 'use' | 'restart' {
  if (running.protocol !== caller.protocol) return 'restart';
  return isNewer(caller.version, running.version) ? 'restart' : 'use';
}

/** Compares release numbers; a pre-release is older than its release. */
function isNewer(version: string, than: string): boolean {
  const [left, right] = [parse(version), parse(than)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  if (left.pre === right.pre) return false;
  if (left.pre === '' || right.pre === '') return left.pre === '';
  return left.pre.localeCompare(right.pre, 'en', { numeric: true }) > 0;
}

function parse(version: string): { readonly numbers: readonly number[]; readonly pre: string } {
  const [core = '', pre = ''] = (version.split('+')[0] ?? '').split(/-(.*)/s);
  return { numbers: core.split('.').map((part) => Number(part) || 0), pre };
}
