/** From the request of a caller to the input of the workflow: limits, defaults, nothing else. */
import path from 'node:path';
import type { Issue } from '../../contracts/error.ts';
import { type StageRunInput, type StageRunRequest, stageRunRequestSchema } from '../../contracts/stage.ts';
import { stageLimits } from '../../domain/stage/limits.ts';
import { snapshotPathsLimit } from '../routing/limits.ts';
import { describe, invalidRequest } from '../routing/validate.ts';

export interface InputFacts {
  readonly hostId: string;
  readonly localControl: boolean;
  readonly principal: string;
  /** RFC 3339 time at which the request came. */
  readonly requestedAt: string;
}

/**
 * Checks a request as it came from whatever caller.
 *
 * @throws OB004 for another shape, paths that are not absolute, or a path list above 200 KiB
 */
export function parseStageRunRequest(request: unknown): StageRunRequest {
  const parsed = stageRunRequestSchema.safeParse(request);
  if (!parsed.success) throw invalidRequest(describe('body', parsed.error.issues, stageRunRequestSchema));
  const issues = [...pathIssues(parsed.data), ...sizeIssues(parsed.data)];
  if (issues.length > 0) throw invalidRequest(issues);
  return parsed.data;
}

export function workflowInput(request: StageRunRequest, facts: InputFacts): StageRunInput {
  const { run_id, stage, correlation_id, snapshot, options } = request;
  return {
    schema_version: 1,
    run_id,
    stage,
    correlation_id,
    host_id: facts.hostId,
    local_control: facts.localControl,
    deadline_ms: options.timeout_ms ?? stageLimits[stage].deadlineMs,
    requested_at: facts.requestedAt,
    principal: facts.principal,
    snapshot,
    options,
    repo: repositoryName(request),
  };
}

/** Name of the folder people know: the work tree, else the bare repository without `.git`. */
function repositoryName({ snapshot }: StageRunRequest): string {
  const folder = snapshot.work_tree ?? snapshot.git_dir;
  const name = path.basename(folder).replace(/\.git$/, '');
  return (name === '' ? path.basename(path.dirname(folder)) : name).slice(0, 200) || 'repository';
}

function pathIssues({ snapshot }: StageRunRequest): Issue[] {
  const { git_dir, work_tree, object_directories } = snapshot;
  const folders: [string, string][] = [
    ['git_dir', git_dir],
    ...(work_tree === null ? [] : [['work_tree', work_tree] as [string, string]]),
    ...object_directories.map((folder, index) => [`object_directories.${index}`, folder] as [string, string]),
  ];
  return folders
    .filter(([, folder]) => !path.isAbsolute(folder) || folder.includes('\0'))
    .map(([name]) => issue(`snapshot.${name}`, 'expected an absolute path'));
}

function sizeIssues({ snapshot }: StageRunRequest): Issue[] {
  const bytes = snapshot.paths === null ? 0 : Buffer.byteLength(JSON.stringify(snapshot.paths));
  if (bytes <= snapshotPathsLimit) return [];
  const message = `has ${bytes} bytes, at most ${snapshotPathsLimit} may travel`;
  return [{ ...issue('snapshot.paths', message), hint: 'name folders instead of files, or check all files' }];
}

function issue(place: string, message: string): Issue {
  return { code: 'OB004', severity: 'error', path: `body.${place}`, message };
}
