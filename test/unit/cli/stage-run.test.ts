/** From options to a request, from events to lines, and what a signal does on the way. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newRunId } from '../../../cli/run-id.ts';
import { blockLines } from '../../../cli/progress/progress.ts';
import { applyEvent, initialRunState } from '../../../cli/progress/run-state.ts';
import { followRun, type FollowedRun } from '../../../cli/stage-run/follow.ts';
import {
  type Interruption,
  listenForInterruption,
  type SignalSource,
  type StopSignal,
} from '../../../cli/interruption.ts';
import { renderDryRun, summariseDryRun } from '../../../cli/stage-run/plan-output.ts';
import { createLineWriter, reportFormat, writeReports } from '../../../cli/stage-run/report-output.ts';
import {
  orchOptions,
  type OrchOptions,
  readChosenFiles,
  readReportTargets,
  readStage,
  readStageOptions,
} from '../../../cli/stage-run/request.ts';
import { type CommandContext, defineCommand } from '../../../cli/command.ts';
import { parseLine } from '../../../cli/parse.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { StageRunsApi } from '../../../contracts/gateway.ts';
import {
  type RunReport,
  stageOptionsSchema,
  type StageEvent,
  type StagePlan,
  uuidSchema,
} from '../../../contracts/stage.ts';
import { memoryIo } from './support/memory-io.ts';
import { finding, report, result, runId } from './support/reports.ts';

const orch = defineCommand({
  summary: '',
  examples: [],
  options: orchOptions,
  usageCode: 'OR001',
  run: () => Promise.resolve(0),
});
const parse = (...rest: string[]): OrchOptions => parseLine(['orch'], orch, rest).options as OrchOptions;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'omnibase-request-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the request', () => {
  it.each([
    ['pre-commit', 'pre-commit'],
    ['PRE\u2011COMMIT', 'pre-commit'],
    ['Ci', 'ci'],
  ])('stage %s is %s', (given, stage) => {
    expect(readStage(given)).toBe(stage);
  });

  it('carries the options in the shape of the contract', () => {
    const options = parse(
      '--tags',
      'a,b',
      '--only',
      'json,yaml@^1',
      '--skip',
      'x',
      '--fail-fast',
      '--concurrency',
      '2',
      '--fail-on',
      'warning',
      '--no-preset',
      '--profile',
      'fast',
    );
    const built = readStageOptions(options, 30_000, memoryIo({ env: { OMNIBASE_SKIP: 'y, z' } }));
    expect(stageOptionsSchema.parse(built)).toEqual(built);
    expect(built).toMatchObject({
      tags: ['a', 'b'],
      only: ['json', 'yaml@^1'],
      skip: ['x'],
      env_skip: ['y', 'z'],
      fail_fast: true,
      timeout_ms: 30_000,
      concurrency: 2,
      fail_on: ['warning'],
      no_preset: true,
      profile: 'fast',
    });
  });

  it('leaves open what nobody chose, so that the configuration can', () => {
    expect(stageOptionsSchema.parse({})).toEqual(readStageOptions(parse(), undefined, memoryIo()));
  });

  it('refuses a deadline that no stage can have', () => {
    expect(() => readStageOptions(parse(), 10, memoryIo())).toThrow(expect.objectContaining({ code: 'OR001' }));
  });

  it.each([
    ['lines', 'a\nb c\r\n\n', ['a', 'b c']],
    ['NUL', 'a\nb\0c\0', ['a\nb', 'c']],
  ])('reads paths separated by %s', async (_, input, paths) => {
    expect(await readChosenFiles(parse('--files-from', '-'), memoryIo({ input }))).toEqual(paths);
    writeFileSync(path.join(folder, 'list'), input);
    expect(await readChosenFiles(parse('--files-from', 'list'), memoryIo({ cwd: folder }))).toEqual(paths);
  });

  it('takes paths from one place only', async () => {
    expect(await readChosenFiles(parse(), memoryIo())).toBeUndefined();
    expect(await readChosenFiles(parse('--files', 'a,b', 'c'), memoryIo())).toEqual(['a,b', 'c']);
    await expect(readChosenFiles(parse('--files', 'a', '--files-from', '-'), memoryIo())).rejects.toMatchObject({
      code: 'OR013',
    });
    await expect(readChosenFiles(parse('--files-from', 'nope'), memoryIo({ cwd: folder }))).rejects.toMatchObject({
      code: 'FS001',
    });
  });

  it.each([
    ['json', 'OR001'],
    ['json=', 'OR001'],
    ['xml=a', 'OR001'],
    ['json=nowhere/a.json', 'FS001'],
  ])('--report %s is refused before anything runs', async (given, code) => {
    await expect(readReportTargets(parse('--report', given), memoryIo({ cwd: folder }))).rejects.toMatchObject({
      code,
    });
  });

  it('writes each report whole', async () => {
    const targets = await readReportTargets(
      parse('--report', 'json=a=b.json', '--report', 'yaml=a.yaml', '--report', 'human=a.txt'),
      memoryIo({ cwd: folder }),
    );
    await writeReports(report([result('json', 'pass')]), targets);
    expect(JSON.parse(readFileSync(path.join(folder, 'a=b.json'), 'utf8'))).toMatchObject({ run_id: runId });
    expect(readFileSync(path.join(folder, 'a.yaml'), 'utf8')).toContain(`run_id: ${runId}\n`);
    expect(readFileSync(path.join(folder, 'a.txt'), 'utf8')).toContain('[PASS] json');
  });

  it('makes ids of the right form, ordered by time', () => {
    const ids = [1, 2, 3].map((step) => newRunId(1_767_225_600_000 + step));
    for (const id of ids) expect(uuidSchema.parse(id)[14]).toBe('7');
    expect([...ids].sort()).toEqual(ids);
    expect(newRunId(1, new Uint8Array(10).fill(0xff))).toBe('00000000-0001-7fff-bfff-ffffffffffff');
  });
});

describe('the format of stdout', () => {
  const context = (asked: CommandContext['askedFormat'], env: Record<string, string>, terminal?: number) =>
    ({
      askedFormat: asked,
      io: memoryIo({ env, ...(terminal === undefined ? {} : { terminal }) }),
    }) as unknown as CommandContext;

  it.each([
    ['what was asked for', context('yaml', {}, 80), true, 'yaml'],
    ['human for a hook', context(null, {}), true, 'human'],
    ['human on a terminal', context(null, {}, 80), false, 'human'],
    ['human in the log of a GitHub action', context(null, { GITHUB_ACTIONS: 'true' }), false, 'human'],
    ['JSON elsewhere', context(null, {}), false, 'json'],
  ])('is %s', (_, given, hook, format) => {
    expect(reportFormat(given, hook)).toBe(format);
  });
});

const at = '2026-01-01T00:00:00.000Z';
const event = (seq: number, body: object): StageEvent => ({ seq, at, run_id: runId, ...body }) as StageEvent;
const failing = report([
  result('json', 'fail', { findings: [finding(), finding({ line: 13 })], findings_total: 2 }),
  result('yaml', 'pass'),
]);

describe('JSON lines', () => {
  it('number the events of the format, findings apart from the report', () => {
    const write = createLineWriter();
    const events = [
      event(1, { type: 'run.started', workflow_id: 'stage/x' }),
      event(2, { type: 'run.planned', files: 1, components: 2, steps: 1 }),
      event(3, { type: 'step.started', step_id: 's1', summary: 'json' }),
      event(4, { type: 'step.progress', step_id: 's1', text: 'half' }),
      event(5, { type: 'step.finished', step_id: 's1', duration_ms: 3, statuses: {} }),
      event(6, { type: 'message', message: { level: 'info', text: 't' } }),
      event(9, { type: 'run.finished', report: failing }),
    ];
    const lines = events
      .flatMap((one) => write(one))
      .map((line) => JSON.parse(line) as { type: string; seq: number; report?: RunReport });
    expect(lines.map(({ type, seq }) => `${seq} ${type}`)).toEqual([
      '1 run.started',
      '2 step.started',
      '3 step.finished',
      '4 message',
      '5 finding',
      '6 finding',
      '7 run.finished',
    ]);
    expect(lines.at(-1)?.report?.results.flatMap(({ findings }) => findings)).toEqual([]);
    expect(lines.at(-1)?.report?.results.map(({ findings_total }) => findings_total)).toEqual([2, 0]);
  });
});

describe('progress', () => {
  it('shows what runs, for how long, and its last line', () => {
    let state = initialRunState;
    state = applyEvent(state, event(1, { type: 'run.started', workflow_id: 'w' }), 100);
    expect(blockLines('omnibase ci', state, 250, 0)).toEqual(['omnibase ci   planning   250 ms']);
    state = applyEvent(state, event(2, { type: 'run.planned', files: 1, components: 2, steps: 3 }), 200);
    state = applyEvent(state, event(3, { type: 'step.started', step_id: 'a', summary: 'json, yaml' }), 300);
    state = applyEvent(state, event(4, { type: 'step.started', step_id: 'b', summary: 'slow' }), 400);
    state = applyEvent(state, event(5, { type: 'step.progress', step_id: 'b', text: 'file \u001b[2J 3' }), 500);
    expect(blockLines('omnibase ci', state, 1400, 0)).toEqual([
      'omnibase ci   0 of 3 steps   1.4 s',
      '  json, yaml   1.1 s',
      '  slow   1.0 s   file \\x1b[2J 3',
    ]);
    state = applyEvent(state, event(6, { type: 'step.finished', step_id: 'a', duration_ms: 1, statuses: {} }), 600);
    expect(blockLines('omnibase ci', state, 1400, 0)[0]).toBe('omnibase ci   1 of 3 steps   1.4 s');
  });
});

describe('following a run', () => {
  /** A run whose events a test hands out, and that ends a moment after it was cancelled. */
  function fakeRun(cancels = true, cancelError?: OmniBaseError) {
    const emitter = new EventEmitter();
    const commands: unknown[] = [];
    const told: string[] = [];
    const stageRuns = {
      async cancel(_: string, command: unknown) {
        commands.push(command);
        if (cancelError !== undefined) throw cancelError;
        setTimeout(
          () =>
            emitter.emit(
              'event',
              event(2, { type: 'run.finished', report: { ...failing, state: 'cancelled', exit_code: 130 } }),
            ),
          5,
        );
        return { state: 'cancelling' };
      },
    } as unknown as StageRunsApi;
    const run: FollowedRun = {
      runId,
      stageRuns,
      async *open(signal) {
        for (;;) {
          const next = await new Promise<StageEvent>((resolve, reject) => {
            emitter.once('event', resolve);
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
          yield next;
        }
      },
      onEvent: () => undefined,
      onInterrupt: (text) => told.push(text),
      cancels,
    };
    return { run, commands, told, emit: (one: StageEvent) => emitter.emit('event', one) };
  }

  function fakeSignals(): { interruption: Interruption; send: (signal: StopSignal) => void; exits: number[] } {
    const source = new EventEmitter();
    const exits: number[] = [];
    const signals: SignalSource = {
      on: (name, handler) => source.on(name, handler),
      off: (name, handler) => source.off(name, handler),
      exit: (code) => exits.push(code),
    };
    return { interruption: listenForInterruption(signals), send: (signal) => source.emit(signal), exits };
  }

  it('ends with the report and its exit code', async () => {
    const { run, emit } = fakeRun();
    const following = followRun(run, fakeSignals().interruption);
    emit(event(1, { type: 'run.finished', report: failing }));
    expect(await following).toMatchObject({ exitCode: 1, report: { run_id: runId } });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const)('%s cancels, tells so, and ends with the partial report and %d', async (signal, code) => {
    const { run, commands, told } = fakeRun();
    const { interruption, send } = fakeSignals();
    const following = followRun(run, interruption);
    send(signal);
    expect(await following).toMatchObject({ exitCode: code, report: { state: 'cancelled' } });
    expect(commands).toMatchObject([{ reason: signal }]);
    expect(told).toEqual([
      `omnibase: ${signal}, stopping run 0199c7a1-b2c3 and what it started; once more ends at once`,
    ]);
  });

  it('keeps a verdict that was reached before the signal', async () => {
    const { run, emit } = fakeRun(true, new OmniBaseError('OR031', { details: { state: 'completed', id: runId } }));
    const { interruption, send } = fakeSignals();
    const following = followRun(run, interruption);
    send('SIGINT');
    await new Promise(setImmediate);
    emit(event(1, { type: 'run.finished', report: failing }));
    expect(await following).toMatchObject({ exitCode: 1, report: { state: 'completed' } });
  });

  it('leaves without a report when the cancellation cannot be sent', async () => {
    const { run, told } = fakeRun(true, new OmniBaseError('OB010'));
    const { interruption, send } = fakeSignals();
    const following = followRun(run, interruption);
    send('SIGTERM');
    expect(await following).toEqual({ exitCode: 143, report: null });
    expect(told.at(-1)).toContain('the closed stream cancels the run');
  });

  it('only stops watching what somebody else started', async () => {
    const { run, commands, told } = fakeRun(false);
    const { interruption, send } = fakeSignals();
    const following = followRun(run, interruption);
    send('SIGINT');
    expect(await following).toEqual({ exitCode: 130, report: null });
    expect(commands).toEqual([]);
    expect(told[0]).toContain('omnibase orch attach 0199c7a1-b2c3');
  });

  it('ends at once with the second signal, but not when one arrives twice', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { send, exits } = fakeSignals();
      send('SIGINT');
      vi.advanceTimersByTime(50);
      send('SIGINT');
      expect(exits).toEqual([]);
      vi.advanceTimersByTime(200);
      send('SIGTERM');
      expect(exits).toEqual([130]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a dry run', () => {
  it('lists who would run on how many files, and who would not', () => {
    const plan = {
      plan_hash: 'h',
      preset: 'pre-commit',
      inputs: { files: 3, bytes: 1, deleted: 0, too_large: 0 },
      components: failing.resolved.map((component, index) => ({
        component: { ...component, uuid: `u${index}` },
        enforcement: index === 0 ? 'required' : 'standard',
      })),
      steps: [
        { id: 's1', files: { u0: [0, 1], u1: [2] } },
        { id: 's2', files: { u0: [1, 2] } },
      ],
      skipped: [{ ref: 'toml', reason: 'not active', by: 'status' }],
      messages: [{ level: 'warning', text: 'old' }],
    } as unknown as StagePlan;
    const dryRun = summariseDryRun('pre-commit', plan);
    expect(dryRun.components.map(({ files }) => files)).toEqual([3, 1]);
    expect(renderDryRun(dryRun)).toBe(
      [
        'omnibase pre-commit   3 files, 2 components, 2 steps   dry run: nothing is executed',
        'warning: old',
        '  omnibase.json@0.1.0      3 files  preset, required',
        '  omnibase.yaml@0.1.0       1 file  preset',
        '  not toml: not active (status)',
        'next: omnibase orch --stage pre-commit',
        '',
      ].join('\n'),
    );
  });
});
