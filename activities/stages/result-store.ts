/**
 * Stores results as they come: while one statement is under way the next results gather, so that a group of built-ins
 * costs two round trips rather than one each. A database that is away is waited for, because what a component has
 * answered must not be asked again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentStepResult } from '../../contracts/stage.ts';
import type { Database } from '../../db/client.ts';
import { isUnavailable } from '../../db/failure.ts';
import { storeResults } from '../../db/stores/stages/results.ts';

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** As long as a database activity may take in all (stages.md 6.4). */
const patienceMs = 60_000;

export class ResultStore {
  private readonly database: Database;
  private readonly runId: string;
  private readonly waiting: ComponentStepResult[] = [];
  private writing: Promise<void> | null = null;

  constructor(database: Database, runId: string) {
    this.database = database;
    this.runId = runId;
  }

  /** Takes a result; `flush` says when it is safe. */
  add(result: ComponentStepResult): void {
    this.waiting.push(result);
    if (this.writing !== null) return;
    this.writing = this.write();
    // `flush` reports the failure.
    this.writing.catch(() => undefined);
  }

  /**
   * Resolves when everything added is stored.
   *
   * @throws what the database threw, after 60 s when it is away
   */
  async flush(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) await this.patiently(this.waiting.splice(0));
    this.writing = null;
  }

  private async patiently(results: readonly ComponentStepResult[]): Promise<void> {
    const until = performance.now() + patienceMs;
    for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        await storeResults(this.database, this.runId, results);
        return;
      } catch (error) {
        if (!isUnavailable(error) || performance.now() + pause > until) throw error;
      }
      await sleep(pause);
    }
  }
}
