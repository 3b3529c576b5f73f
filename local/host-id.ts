/**
 * The name of this machine among the host workers: task queue `omnibase-host-<hostId>` (stages.md 6.1). Made
 * once per state directory, so that two stacks on one machine do not take each other's work.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { OmniBaseError } from '../contracts/error.ts';
import { isErrno } from './processes/identity.ts';

const pattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * The host id: `OMNIBASE_HOST_ID` when set, else the recorded one, else a new one that is recorded. The state
 * directory must exist. Concurrent first callers agree on one.
 *
 * @throws OB003 when OMNIBASE_HOST_ID is not 1 to 63 characters of a-z, 0-9 and -
 */
export function resolveHostId(env: NodeJS.ProcessEnv, stateDir: string): string {
  const given = env['OMNIBASE_HOST_ID'];
  if (given !== undefined && given !== '') return checked(given);
  const path = join(stateDir, 'host-id');
  const recorded = read(path);
  if (recorded !== null) return recorded;
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(partial, `${newHostId()}\n`, { mode: 0o600 });
  try {
    linkSync(partial, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    rmSync(partial, { force: true });
  }
  return read(path) ?? newHostId();
}

function checked(value: string): string {
  if (pattern.test(value)) return value;
  throw new OmniBaseError('OB003', {
    message: `OMNIBASE_HOST_ID=${value} is not 1 to 63 characters of a-z, 0-9 and -`,
    next: 'correct OMNIBASE_HOST_ID or unset it',
  });
}

function read(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return pattern.test(text) ? text : null;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** The host's name, for people, and enough randomness to be unique. */
function newHostId(): string {
  const name = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${name === '' ? 'host' : name}-${randomBytes(4).toString('hex')}`;
}
