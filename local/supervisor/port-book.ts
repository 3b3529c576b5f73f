/**
 * The ports of the stack: chosen once, recorded, and used again, so that addresses people noted keep working.
 * A recorded port that someone else took meanwhile is replaced; a requested one is an error.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OmniBaseError } from '../../contracts/error.ts';
import { isErrno } from '../processes/identity.ts';
import { freePorts, isFree } from '../processes/ports.ts';
import type { PortRequests } from './options.ts';

type PortName = 'api' | 'temporal' | 'web_ui' | 'temporal_http' | 'temporal_metrics' | 'postgres';

export interface PortBook {
  /** Ports that are free now for these names; recorded. Throws OB011 when a requested one is taken. */
  claim<Name extends PortName>(names: readonly Name[]): Promise<Readonly<Record<Name, number>>>;
  /** The recorded port, or null. */
  get(name: PortName): number | null;
}

export function openPortBook(stateDir: string, requests: PortRequests): PortBook {
  const path = join(stateDir, 'ports.json');
  const given = Object.entries(requests).filter(([, port]) => port !== undefined);
  const requested = Object.fromEntries(given) as Partial<Record<PortName, number>>;
  const recorded = { ...read(path), ...requested };

  return {
    get: (name) => recorded[name] ?? null,
    async claim(names) {
      const fresh = [...(await freePorts(names.length))];
      for (const name of names) {
        const current = recorded[name];
        if (current !== undefined && (await isFree(current))) continue;
        if (current !== undefined && requested[name] === current) throw taken(name, current);
        recorded[name] = fresh.pop() ?? 0;
      }
      write(path, recorded);
      return Object.fromEntries(names.map((name) => [name, recorded[name] ?? 0])) as Record<
        (typeof names)[number],
        number
      >;
    },
  };
}

function read(path: string): Partial<Record<PortName, number>> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<Record<PortName, number>>;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return {};
    throw error;
  }
}

function write(path: string, ports: Partial<Record<PortName, number>>): void {
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(ports, null, 2)}\n`, { mode: 0o600 });
  renameSync(partial, path);
}

function taken(name: PortName, port: number): OmniBaseError {
  return new OmniBaseError('OB011', {
    message: `the local stack did not start: port ${port} asked for ${name} is in use`,
    details: { part: name, port },
    next: 'stop what listens there, or choose another port with --ports',
  });
}
