/** Dialling again after a break: when it does, when it gives up, and what it never repeats. */
import { describe, expect, it } from 'vitest';
import { type Dial, resumeStream } from '../../../../api/client/resume.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { StageEvent } from '../../../../contracts/stage.ts';
import { exampleReport } from '../support/memory-stage-runs.ts';

const run_id = '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b';
const stamp = (seq: number) => ({ seq, at: '2026-01-01T00:00:00.000Z', run_id });
const started: StageEvent = { ...stamp(1), type: 'run.started', workflow_id: 'stage/ci/x' };
const finished: StageEvent = { ...stamp(2), type: 'run.finished', report: exampleReport(run_id) };

const unreachable = (reason: string) => new OmniBaseError('OB010', { details: { reason } });

/** Each entry is one connection: lines, then an end or an error. */
function dialling(connections: readonly (readonly (StageEvent | null | Error)[])[]): {
  dial: Dial;
  dialled: unknown[];
} {
  const dialled: unknown[] = [];
  return {
    dialled,
    async dial(position, contacted) {
      const lines = connections[Math.min(dialled.length, connections.length - 1)] ?? [];
      dialled.push({ ...position, contacted });
      const [first] = lines;
      if (first instanceof Error) throw first;
      return { instance: 'i1', events: events(lines) };
    },
  };
}

async function* events(lines: readonly (StageEvent | null | Error)[]): AsyncGenerator<StageEvent | null> {
  for (const line of lines) {
    if (line instanceof Error) throw line;
    yield line;
  }
}

async function read(dial: Dial, options: { signal?: AbortSignal; redialMs?: number } = {}): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of resumeStream(dial, { redialMs: 400, ...options })) seen.push(event.type);
  return seen;
}

describe('a stream that breaks', () => {
  it('goes on where it stopped', async () => {
    const { dial, dialled } = dialling([
      [started, unreachable('ECONNRESET')],
      [unreachable('ECONNREFUSED')],
      [null, finished],
    ]);
    expect(await read(dial)).toEqual(['run.started', 'run.finished']);
    expect(dialled).toEqual([
      { after_seq: 0, instance: undefined, contacted: false },
      { after_seq: 1, instance: 'i1', contacted: true },
      { after_seq: 1, instance: 'i1', contacted: true },
    ]);
  });

  it('that just ends is dialled again too', async () => {
    const { dial } = dialling([[started], [started, finished]]);
    expect(await read(dial)).toEqual(['run.started', 'run.finished']);
  });

  it('waits for a run whose row comes late', async () => {
    const { dial } = dialling([[started], [new OmniBaseError('OR030')], [finished]]);
    expect(await read(dial)).toEqual(['run.started', 'run.finished']);
  });

  it('gives up when nobody comes back in time', async () => {
    const { dial, dialled } = dialling([[started], [unreachable('ECONNREFUSED')]]);
    const begun = performance.now();
    await expect(read(dial)).rejects.toMatchObject({ code: 'OB010' });
    expect(performance.now() - begun).toBeGreaterThan(300);
    expect(dialled.length).toBeGreaterThan(2);
  });

  it('gives up on a peer that only repeats itself', async () => {
    const { dial } = dialling([[started]]);
    await expect(read(dial)).rejects.toMatchObject({ code: 'OB010', message: 'the event stream ended before the run' });
  });

  it('passes on what is no break', async () => {
    const { dial, dialled } = dialling([[started, new OmniBaseError('OB001')]]);
    await expect(read(dial)).rejects.toMatchObject({ code: 'OB001' });
    expect(dialled).toHaveLength(1);
  });
});

describe('the first connection', () => {
  it.each(['ENOENT', 'ECONNREFUSED', 'EACCES'])('is not waited for when it fails with %s', async (reason) => {
    const { dial, dialled } = dialling([[unreachable(reason)]]);
    await expect(read(dial)).rejects.toMatchObject({ code: 'OB010' });
    expect(dialled).toHaveLength(1);
  });

  it('is tried again when it broke under the request', async () => {
    const { dial, dialled } = dialling([[unreachable('ECONNRESET')], [started, finished]]);
    expect(await read(dial)).toEqual(['run.started', 'run.finished']);
    expect(dialled[1]).toMatchObject({ contacted: false });
  });

  it('is not waited for when the gateway says that its engine is away', async () => {
    const { dial, dialled } = dialling([[new OmniBaseError('OB010')]]);
    await expect(read(dial)).rejects.toMatchObject({ code: 'OB010' });
    expect(dialled).toHaveLength(1);
  });
});

it('ends with the reason of its signal while it waits', async () => {
  const abort = new AbortController();
  const { dial } = dialling([[started], [unreachable('ECONNREFUSED')]]);
  const reading = read(dial, { signal: abort.signal, redialMs: 60_000 });
  setTimeout(() => abort.abort(new Error('Ctrl-C')), 50);
  await expect(reading).rejects.toThrow('Ctrl-C');
});
