/**
 * From how a child ended to the result of its component (stages.md 7.2, 7.3, 18): which error, which status, which
 * findings. Pure, so that every row of the page has its case in a table.
 */
import { OmniBaseError } from '../../../contracts/error.ts';
import type { PlannedComponent, Status } from '../../../contracts/stage.ts';
import type { FindingDraft } from '../../findings/fingerprint.ts';
import type { Answer } from './answer.ts';
import type { Ended } from './execute.ts';
import { readPlainOutput } from './plain-output.ts';

export interface Judgement {
  readonly status: Status;
  readonly findings: readonly FindingDraft[];
  readonly messages: readonly string[];
  readonly error: OmniBaseError | null;
  readonly output: unknown;
  readonly skipped_reason: string | null;
}

export interface JudgeContext {
  readonly component: PlannedComponent;
  readonly timeout_ms: number;
  readonly root: string;
  readonly delivered: ReadonlySet<string>;
  /** Reads the answer of a protocol validator; called at most once. */
  readonly readAnswer: (stdout: Buffer) => Answer;
}

/** Bytes of a malformed answer that the report quotes. */
const quotedBytes = 512;

/** What the end of the child means for its component. */
export function judge(ended: Ended, context: JudgeContext): Judgement {
  return (
    judgeStop(ended, context) ??
    (isProtocol(context.component) ? judgeAnswer(ended, context) : judgePlain(ended, context))
  );
}

/** Ends that we caused, or that never began. */
function judgeStop(ended: Ended, { component, timeout_ms }: JudgeContext): Judgement | null {
  const name = component.component.name;
  const details = { component: name };
  if (ended.startError !== null) {
    const entrypoint = component.entrypoint.kind === 'command' ? component.entrypoint.program : component.entrypoint.id;
    const reason = ended.startError.code === 'EACCES' ? `${entrypoint} (not executable)` : entrypoint;
    return failed(
      new OmniBaseError('NE006', { details: { ...details, entrypoint: reason }, cause: ended.startError }),
      ended,
    );
  }
  switch (ended.stopped) {
    case null:
    case 'cancelled':
      return null;
    case 'timeout':
      return failed(new OmniBaseError('NE004', { details: { ...details, timeout_ms } }), ended);
    case 'memory':
      return failed(
        new OmniBaseError('NE008', { details: { ...details, limit_mb: component.resources.memory_mb } }),
        ended,
      );
    case 'pids':
      return failed(
        new OmniBaseError('NE009', { details: { ...details, resource: `${component.resources.pids} processes` } }),
        ended,
      );
    case 'output':
      return failed(
        new OmniBaseError('NE003', { details: { ...details, reason: 'more than 16 MiB on standard output' } }),
        ended,
      );
  }
}

/** Exit status 0: the answer decides. 1: accepted with fail or warn. Anything else: a crash, findings kept as partial. */
function judgeAnswer(ended: Ended, context: JudgeContext): Judgement {
  const name = context.component.component.name;
  const answer = context.readAnswer(ended.stdout);
  const cleanExit = ended.signal === null && (ended.code === 0 || ended.code === 1);
  if (!cleanExit) return { ...crashed(name, howEnded(ended), ended), findings: answer.findings };
  if (!answer.ok) {
    const error =
      ended.code === 0
        ? new OmniBaseError('NE003', {
            details: { component: name, reason: answer.reason, quote: quote(ended.stdout) },
          })
        : new OmniBaseError('NE001', { details: { component: name, reason: `exit code 1 and ${answer.reason}` } });
    return { ...failed(error, ended), findings: answer.findings };
  }
  const { result, findings, messages } = answer;
  if (ended.code === 1 && result.status !== 'fail' && result.status !== 'warn') {
    return { ...crashed(name, `exit code 1, but the answer says ${result.status}`, ended), findings };
  }
  return {
    status: result.status,
    findings,
    messages,
    error:
      result.status === 'error'
        ? new OmniBaseError('NE001', {
            details: { component: name, reason: messages[0] ?? 'it reported an error of its own' },
          })
        : null,
    output: result.output ?? null,
    skipped_reason: result.status === 'skip' ? (result.skipped_reason ?? 'validator') : null,
  };
}

function judgePlain(ended: Ended, { component, root, delivered }: JudgeContext): Judgement {
  const { entrypoint } = component;
  const name = component.component.name;
  if (entrypoint.kind !== 'command') throw new Error(`${name} is no command`);
  if (ended.signal !== null || ended.code === null) return crashed(name, howEnded(ended), ended);
  if (entrypoint.pass_codes.includes(ended.code)) return { ...clean, status: 'pass' };
  if (!entrypoint.fail_codes.includes(ended.code)) return crashed(name, howEnded(ended), ended);
  const output = entrypoint.output === 'none' ? '' : joinOutput(ended);
  const findings = readPlainOutput({ name, parse: entrypoint.parse, root, output, delivered });
  const onlyWarnings = findings.every(({ severity }) => severity !== 'error');
  return { ...clean, status: onlyWarnings ? 'warn' : 'fail', findings };
}

/** Tools print what they found on either stream. */
function joinOutput({ stdout, stderr }: Ended): string {
  return [stdout.toString('utf8'), stderr].filter((text) => text.trim() !== '').join('\n');
}

const clean: Judgement = {
  status: 'pass',
  findings: [],
  messages: [],
  error: null,
  output: null,
  skipped_reason: null,
};

function crashed(component: string, reason: string, ended: Ended): Judgement {
  return failed(new OmniBaseError('NE001', { details: { component, reason } }), ended);
}

/** An error result quotes the end of standard error: it usually says why. */
function failed(error: OmniBaseError, { stderr }: Ended): Judgement {
  const tail = stderr.trim().split('\n').slice(-10).join('\n');
  return { ...clean, status: 'error', error, messages: tail === '' ? [] : [tail] };
}

function howEnded({ code, signal }: Ended): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `ended by ${signal}`;
}

function quote(stdout: Buffer): string {
  return stdout.subarray(0, quotedBytes).toString('utf8');
}

function isProtocol({ entrypoint }: PlannedComponent): boolean {
  return entrypoint.kind === 'command' && entrypoint.output === 'json';
}
