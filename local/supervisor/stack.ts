/**
 * The stack under one supervisor: creates the parts that are not external, starts them side by side, tells
 * how they are, restarts and stops them.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorBody } from '../../contracts/error.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { StackStatus } from '../../contracts/gateway.ts';
import type { ExternalParts } from '../external.ts';
import type { OmniPaths } from '../paths.ts';
import { startGuardian } from '../processes/guardian.ts';
import { identityOf } from '../processes/identity.ts';
import { memoryOfTrees } from '../processes/memory.ts';
import { openRotatingLog } from '../processes/rotating-log.ts';
import type { Addresses } from './environment.ts';
import type { SupervisorOptions } from './options.ts';
import { createPart, type Part, type PartDefinition } from './part.ts';
import { type PartsContext, postgresPart, servePart, temporalPart } from './parts.ts';
import { stopOrphans, writePartRecord } from './part-record.ts';
import { openPortBook } from './port-book.ts';
import type { Notice, Restartable } from './protocol.ts';
import { buildStatus } from './status.ts';

export interface StackContext {
  readonly env: NodeJS.ProcessEnv;
  readonly paths: OmniPaths;
  readonly options: SupervisorOptions;
  readonly external: ExternalParts;
  readonly version: string;
  /** A line for the supervisor's log. */
  readonly note: (line: string) => void;
}

export interface Stack {
  /** Starts every part; ends when all have been stopped. */
  run(): Promise<void>;
  status(withMemory: boolean): Promise<StackStatus>;
  notices(): readonly Notice[];
  failure(): ErrorBody | null;
  restart(name: Restartable): boolean;
  /** Graceful: first `serve`, which drains, then the engine, then the database. */
  stop(): Promise<void>;
}

/** A part that died this often without ever being ready will not become ready by itself. */
const hopelessDeaths = 4;
const keptNotices = 200;

export function createStack(context: StackContext): Stack {
  const addresses: Addresses = { database: null, temporal: null, webUi: null, api: null, checks: [] };
  const notices: Notice[] = [];
  const guardian = startGuardian();
  let everReady = false;

  const partsContext: PartsContext = {
    ...context,
    addresses,
    guardian,
    ports: openPortBook(context.paths.state_dir, context.options.ports),
    report(text) {
      context.note(text);
      notices.push({ seq: (notices.at(-1)?.seq ?? 0) + 1, text });
      if (notices.length > keptNotices) notices.shift();
    },
    async whenDependenciesServe(signal) {
      const served = (part: Part | null): boolean => part === null || part.snapshot().state === 'ready';
      const waiting = (): boolean => !everReady && !signal.aborted && !(served(postgres) && served(temporal));
      while (waiting()) await sleep(10);
    },
    onTemporalMoved: () => serve.restart(),
  };

  const postgres = context.external.database === null ? supervise(postgresPart(partsContext)) : null;
  const temporal = context.external.temporal === null ? supervise(temporalPart(partsContext)) : null;
  const serve = supervise(servePart(partsContext));
  const parts = [postgres, temporal, serve].filter((part) => part !== null);

  function supervise(definition: PartDefinition): Part {
    const log = openRotatingLog(join(context.paths.log_dir, `${definition.name}.log`));
    return createPart(definition, { log, guardian, note: context.note, onChange });
  }

  function onChange(): void {
    if (parts.every((part) => part.snapshot().state === 'ready')) everReady = true;
    const running = parts.flatMap((part) => {
      const { pid } = part.snapshot();
      const identity = pid === null ? null : identityOf(pid);
      return identity === null ? [] : [identity];
    });
    writePartRecord(context.paths.state_dir, running);
  }

  return {
    async run() {
      await stopOrphans(context.paths.state_dir, context.note);
      await Promise.all(parts.map((part) => part.run()));
    },
    async status(withMemory) {
      const pids = parts.map((part) => part.snapshot().pid).filter((pid) => pid !== null);
      return buildStatus({
        ...context,
        addresses,
        everReady,
        postgres: postgres?.snapshot() ?? null,
        temporal: temporal?.snapshot() ?? null,
        serve: serve.snapshot(),
        memory: withMemory ? await memoryOfTrees(pids) : new Map(),
      });
    },
    notices: () => notices,
    failure: () => (everReady ? null : hopelessFailure(parts)),
    restart(name) {
      const part = name === 'postgres' ? postgres : name === 'temporal' ? temporal : serve;
      part?.restart();
      return part !== null;
    },
    async stop() {
      for (const part of [serve, temporal, postgres]) await part?.stop();
      guardian.dismiss();
      writePartRecord(context.paths.state_dir, []);
    },
  };
}

/** Why waiting longer will not help: a preparation that was refused, or a part that keeps dying. */
function hopelessFailure(parts: readonly Part[]): ErrorBody | null {
  for (const part of parts) {
    const { error, deaths, detail } = part.snapshot();
    if (error !== null) return error.toBody();
    if (deaths < hopelessDeaths) continue;
    const message = `the local stack did not start: ${part.name} died ${deaths} times: ${detail ?? ''}`;
    return new OmniBaseError('OB011', { message, details: { part: part.name } }).toBody();
  }
  return null;
}
