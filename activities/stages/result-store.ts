/**
 * Stores results as they come: while one statement is under way the next results gather, so that a group of built-ins
 * costs two round trips rather than one each. A database that is away is waited for, because what a component has
 * answered must not be asked again.
 */
import type { ComponentStepResult } from '../../contracts/stage.ts';
import type { Database } from '../../db/client.ts';
import { storeResults } from '../../db/stores/stages/results.ts';
import { whenAvailable } from './patience.ts';

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
    while (this.waiting.length > 0) {
      const results = this.waiting.splice(0);
      await whenAvailable(() => storeResults(this.database, this.runId, results));
    }
    this.writing = null;
  }
}
