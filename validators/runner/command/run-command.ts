/**
 * Runs one command component on its files (stages.md 4.4, 6.7, 7): export, child process, answer, result. The export
 * and the scratch folders are private to this execution and gone afterwards.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OmniBaseError } from '../../../contracts/error.ts';
import type {
  ComponentStepResult,
  Finding,
  Isolation,
  PlannedComponent,
  StageEntry,
  StageSnapshot,
} from '../../../contracts/stage.ts';
import { type ValidatorRequest, validatorProtocol } from '../../../contracts/validator-protocol.ts';
import { removeTree } from '../../files/remove-tree.ts';
import { type FindingDraft, fingerprintFindings } from '../../findings/fingerprint.ts';
import { createRedactor, redactValue } from '../../findings/redact.ts';
import { exportTree, type TreeExport } from '../../git/index.ts';
import type { ChildRegister } from '../processes/child-register.ts';
import { canSweepTokens } from '../processes/proc.ts';
import { readAnswer } from './answer.ts';
import { prepareInvocation } from './arguments.ts';
import { childEnvironment } from './environment.ts';
import { type Ended, execute } from './execute.ts';
import { readProgress } from './progress.ts';
import { judge, type Judgement } from './judge.ts';

/** The run an execution belongs to, as the child learns it. */
export interface RunContext {
  readonly run_id: string;
  readonly stage: ValidatorRequest['run']['stage'];
  readonly correlation_id: string;
  readonly attempt: number;
}

export interface CommandJob {
  readonly component: PlannedComponent;
  readonly step_id: string;
  readonly timeout_ms: number;
  readonly snapshot: StageSnapshot;
  readonly entries: readonly StageEntry[];
  readonly run: RunContext;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface CommandSurroundings {
  /** Private folder for exports and scratch. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly register: ChildRegister;
}

const maxFindings = 5000;

/** @throws the signal's reason when it was aborted: a cancelled execution has no result. */
export async function runCommand(job: CommandJob, surroundings: CommandSurroundings): Promise<ComponentStepResult> {
  const { component, signal } = job;
  if (component.entrypoint.kind !== 'command') throw new Error(`${component.component.name} is no command`);
  signal.throwIfAborted();
  const exported = await exportTree(job.snapshot, {
    directory: surroundings.directory,
    entries: job.entries,
    needs: component.needs,
    wanted: ownFiles(component),
    whole: component.scope === 'project',
  });
  const scratch = await makeScratch(surroundings.directory);
  try {
    const { ended, requestId } = await executeIn(exported, scratch, job, surroundings);
    signal.throwIfAborted();
    const judgement = await judgeIn(exported, ended, requestId, job);
    return toResult(job, judgement, ended, surroundings.environment);
  } finally {
    await Promise.all([exported.remove(), removeTree(scratch.base)]);
  }
}

interface Scratch {
  readonly base: string;
  readonly home: string;
  readonly temporary: string;
}

async function makeScratch(directory: string): Promise<Scratch> {
  const base = await mkdtemp(path.join(directory, 'scratch-'));
  const scratch = { base, home: path.join(base, 'home'), temporary: path.join(base, 'tmp') };
  await Promise.all([mkdir(scratch.home), mkdir(scratch.temporary)]);
  return scratch;
}

async function executeIn(
  exported: TreeExport,
  scratch: Scratch,
  job: CommandJob,
  { environment, register }: CommandSurroundings,
): Promise<{ ended: Ended; requestId: string }> {
  const { component, run } = job;
  const { entrypoint } = component;
  if (entrypoint.kind !== 'command') throw new Error(`${component.component.name} is no command`);
  const requestId = randomUUID();
  const config = path.join(scratch.base, 'config.json');
  await writeFile(config, JSON.stringify(component.options));
  const invocation = await prepareInvocation({
    program: entrypoint.program,
    args: entrypoint.args,
    files: deliverable(job.entries),
    root: exported.root,
    config,
    scratch: scratch.base,
  });
  const token = randomUUID();
  const protocol = entrypoint.output === 'json';
  const progress = readProgress(job.progress, createRedactor(environment), protocol);
  const ended = await execute(
    {
      ...invocation,
      directory: exported.root,
      environment: childEnvironment({
        host: environment,
        names: component.environment,
        scratch,
        token,
        run: { id: run.run_id, stage: run.stage, correlation_id: run.correlation_id },
      }),
      token,
      input: entrypoint.input === 'stdin-json' ? JSON.stringify(requestOf(job, requestId, exported.root)) : null,
      timeout_ms: job.timeout_ms,
      limits: component.resources,
      signal: job.signal,
      onOutput: (stream, chunk) => progress.read(stream, chunk),
    },
    register,
  );
  return { ended, requestId };
}

function requestOf(job: CommandJob, requestId: string, root: string): ValidatorRequest {
  const { component, run } = job;
  const { uuid, name, version } = component.component;
  return {
    protocol: validatorProtocol,
    request_id: requestId,
    run: {
      id: run.run_id,
      stage: run.stage,
      correlation_id: run.correlation_id,
      attempt: run.attempt,
      deadline: new Date(Date.now() + job.timeout_ms).toISOString(),
    },
    component: { uuid, name, version },
    mode: 'check',
    root,
    files: job.entries.map(({ path: name_, path_bytes, status, previous_path, mode, kind, blob, size, types }) => ({
      path: name_,
      ...(path_bytes === undefined ? {} : { path_bytes }),
      status,
      ...(previous_path === undefined ? {} : { previous_path }),
      mode,
      kind,
      blob,
      size,
      types,
    })),
    config: component.options,
    context: { results: {} },
    grants: [],
  };
}

async function judgeIn(exported: TreeExport, ended: Ended, requestId: string, job: CommandJob): Promise<Judgement> {
  const { component } = job;
  const delivered = new Set(job.entries.map((entry) => entry.path));
  const judgement = judge(ended, {
    component,
    timeout_ms: job.timeout_ms,
    root: exported.root,
    delivered,
    readAnswer: (stdout) =>
      readAnswer(stdout, {
        request_id: requestId,
        // A validator of the whole project may speak of any file it was shown.
        knowsPath: (name) => component.scope === 'project' || delivered.has(name),
      }),
  });
  const changed = await exported.changes();
  if (changed.length === 0) return judgement;
  const error = new OmniBaseError('NE010', {
    details: { component: component.component.name, paths: changed.slice(0, 20) },
  });
  return { ...judgement, status: 'error', error };
}

function toResult(
  job: CommandJob,
  judgement: Judgement,
  ended: Ended,
  environment: Readonly<Record<string, string | undefined>>,
): ComponentStepResult {
  const redact = createRedactor(environment);
  const findings = identify(judgement.findings, job.entries);
  const error = judgement.error?.toBody();
  // One pass over the whole result: nothing that a child said leaves without it.
  return redactValue(
    {
      component_uuid: job.component.component.uuid,
      step_id: job.step_id,
      status: judgement.status,
      skipped_reason: judgement.skipped_reason,
      findings: findings.slice(0, maxFindings),
      findings_total: findings.length,
      truncated: findings.length > maxFindings,
      messages: judgement.messages,
      errors: error === undefined ? [] : [error],
      output: judgement.output,
      exit_status: ended.startError === null ? { code: ended.code, signal: ended.signal } : null,
      duration_ms: Math.round(ended.duration_ms * 10) / 10,
      attempts: job.run.attempt,
      files_checked: job.entries.length,
      isolation: processIsolation,
      produced_at: new Date().toISOString(),
    } satisfies ComponentStepResult,
    redact,
  ) as ComponentStepResult;
}

/** Only members of the contract are kept; the exact bytes of a path come from the entry it names. */
function identify(drafts: readonly FindingDraft[], entries: readonly StageEntry[]): Finding[] {
  const bytes = new Map(entries.map((entry) => [entry.path, entry.path_bytes]));
  const known = drafts.map((draft): FindingDraft => {
    const { rule, severity, message, path: name, line, column, end_line, end_column } = draft;
    const { fingerprint, suggestion, doc_url, related } = draft;
    const path_bytes = name === undefined ? undefined : bytes.get(name);
    return {
      rule,
      severity,
      message,
      path: name,
      path_bytes,
      line,
      column,
      end_line,
      end_column,
      fingerprint,
      suggestion,
      doc_url,
      related,
    };
  });
  return fingerprintFindings(known);
}

/** Files an argument can name: what was deleted, and submodules, are not in the export. */
function deliverable(entries: readonly StageEntry[]): StageEntry[] {
  return entries.filter(({ status, kind }) => status !== 'deleted' && kind !== 'gitlink');
}

/** The program and arguments that look like files of the repository: a command always finds itself. */
function ownFiles({ entrypoint }: PlannedComponent): string[] {
  if (entrypoint.kind !== 'command') return [];
  return [entrypoint.program, ...entrypoint.args]
    .filter((word) => !path.isAbsolute(word) && !word.startsWith('-') && !word.includes('{'))
    .map((word) => path.posix.normalize(word));
}

/** What this tier really enforces; it stops accidents, not hostile code. */
const processIsolation: Isolation = {
  tier: 'process',
  namespaces: [],
  limits_by: canSweepTokens ? 'watch' : 'none',
  sweep: canSweepTokens ? 'token' : 'group',
  enforced: {
    fs_read: 'no',
    fs_write: 'no',
    network: 'no',
    processes: canSweepTokens ? 'yes' : 'no',
    memory: canSweepTokens ? 'yes' : 'no',
  },
};
