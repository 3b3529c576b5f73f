/** A repository and components for real stage runs: commands that count how often they were executed. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '../../../api/client/client.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import { type StageEvent, type StageRunRequest, stageOptionsSchema } from '../../../contracts/stage.ts';
import { takeSnapshot } from '../../../validators/git/index.ts';
import { createRepository, type TestRepository } from '../../support/git.ts';

export const testContext: CallContext = {
  principal: { id: 'local:tester', kind: 'user', capabilities: ['admin'] },
  correlation_id: 'test-correlation',
};

export interface CommandOptions {
  readonly name: string;
  /** Shell text that runs after the execution was counted. */
  readonly script?: string;
  readonly idempotent?: boolean;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface StageProject extends AsyncDisposable {
  readonly repository: TestRepository;
  /** Registers a validator that appends a line to its counter file each time it is executed. */
  addCommand(api: ApiClient, options: CommandOptions): Promise<string>;
  /** How often a command was executed. */
  executions(name: string): number;
  request(changes?: Partial<StageRunRequest>): Promise<StageRunRequest>;
}

export function stageProject(): StageProject {
  const repository = createRepository();
  const counters = mkdtempSync(join(tmpdir(), 'omnibase-test-counters-'));
  mkdirSync(counters, { recursive: true });
  return {
    repository,
    async addCommand(api, { name, script = 'true', idempotent = true, fields = {} }) {
      const uuid = randomUUID();
      const document = {
        uuid,
        name,
        namespace: 'test',
        version: '1.0.0',
        type: 'validator',
        author: 'test',
        description: `counts its executions, then: ${script}`,
        created_at: '2026-01-01T00:00:00.000Z',
        lifecycle: 'active',
        tags: ['pre-commit'],
        idempotent,
        entrypoint: {
          kind: 'command',
          program: '/bin/sh',
          args: ['-c', `echo run >> ${join(counters, name)}; ${script}`],
          input: 'none',
          output: 'none',
        },
        ...fields,
      };
      await api.registry.register(document, {}, testContext);
      return uuid;
    },
    executions(name) {
      const file = join(counters, name);
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
    },
    async request(changes = {}) {
      const snapshot = await takeSnapshot({
        directory: repository.directory,
        environment: repository.environment,
        stage: 'pre-commit',
      });
      return {
        run_id: uuidV7(),
        stage: 'pre-commit',
        snapshot,
        options: stageOptionsSchema.parse({}),
        correlation_id: `test-${createHash('sha256').update(repository.directory).digest('hex').slice(0, 8)}`,
        attached: false,
        ...changes,
      };
    },
    async [Symbol.asyncDispose]() {
      await repository[Symbol.asyncDispose]();
      rmSync(counters, { recursive: true, force: true });
    },
  };
}

/** Follows a stream to its end and answers what came. */
export async function collect(events: AsyncIterable<StageEvent>): Promise<StageEvent[]> {
  const collected: StageEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

export function reportOf(events: readonly StageEvent[]) {
  const last = events.at(-1);
  if (last?.type !== 'run.finished') throw new Error(`the stream ended with ${last?.type ?? 'nothing'}`);
  return last.report;
}

function uuidV7(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const random = randomUUID();
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
