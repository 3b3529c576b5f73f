/** Finds the one run that a person means (stages.md 11): a unique prefix of its id, or `last`. */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { StageRunSummary } from '../../../contracts/stage.ts';
import type { Database } from '../../client.ts';
import { listRuns, type SummaryRow, summaryColumns, summaryOf } from './list-runs.ts';

const shortestPrefix = 6;
/** Runs named in an error. */
const shown = 5;

/**
 * The run that `id` names.
 *
 * @param id `last` for the newest run, else at least 6 characters of a run id, with or without its dashes
 * @throws OR030 when none or several match, or the prefix is too short; `candidates` lists ids to choose from
 */
export async function findRun(database: Database, id: string): Promise<StageRunSummary> {
  const wanted = id.trim().toLowerCase();
  if (wanted === 'last') {
    const [newest] = await listRuns(database, { limit: 1 });
    if (newest === undefined) throw unknownRun(id, 'there is no stage run yet', []);
    return newest;
  }
  const digits = wanted.replaceAll('-', '');
  if (!/^[0-9a-f]{1,32}$/.test(digits)) throw await noSuchRun(database, id, 'a run id has hex digits and dashes only');
  if (digits.length < shortestPrefix) {
    throw await noSuchRun(database, id, `at least ${shortestPrefix} characters of the run id are needed`);
  }
  // A prefix is a range of the primary key: no scan, no text comparison.
  const { rows } = await database.pool.query<SummaryRow>(
    `SELECT ${summaryColumns} FROM stage_runs WHERE run_id BETWEEN $1::uuid AND $2::uuid
      ORDER BY created_at DESC, run_id DESC LIMIT ${shown}`,
    [digits.padEnd(32, '0'), digits.padEnd(32, 'f')],
  );
  const [only, ...others] = rows.map(summaryOf);
  if (only === undefined) throw await noSuchRun(database, id, `no stage run matches ${id}`);
  if (others.length > 0) throw unknownRun(id, `${id} is the beginning of several run ids`, [only, ...others]);
  return only;
}

async function noSuchRun(database: Database, id: string, message: string): Promise<OmniBaseError> {
  return unknownRun(id, message, await listRuns(database, { limit: shown }));
}

function unknownRun(id: string, message: string, runs: readonly StageRunSummary[]): OmniBaseError {
  const candidates = runs.map(({ run_id }) => run_id);
  const list = candidates.length === 0 ? '' : `; there are ${candidates.join(', ')}`;
  return new OmniBaseError('OR030', { message: `${message}${list}`, details: { id: id.slice(0, 64), candidates } });
}
