/** What every benchmark shares: the machine line, samples of whole processes, medians and percentiles. */
import { spawn } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };

export interface Samples {
  readonly name: string;
  /** Milliseconds, in the order measured. */
  readonly ms: readonly number[];
}

/** One line that says where a figure comes from. */
export function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.version}, omnibase ${packageJson.version}`;
}

/**
 * Runs each command in turn, A B C A B C …, so that a machine that slows down slows all of them.
 * @param runs counted rounds, after `warmups` uncounted ones
 */
export async function interleave(
  commands: readonly { readonly name: string; run(): Promise<unknown> }[],
  { runs = 11, warmups = 2 } = {},
): Promise<Samples[]> {
  const samples = commands.map(({ name }) => ({ name, ms: [] as number[] }));
  for (let round = -warmups; round < runs; round++) {
    for (const [index, command] of commands.entries()) {
      const started = performance.now();
      await command.run();
      if (round >= 0) samples[index]?.ms.push(performance.now() - started);
    }
  }
  return samples;
}

/** Runs one process to its end, output thrown away; refuses an exit code that was not expected. */
export function runProcess(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly expect?: readonly number[] } = {},
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.once('error', reject);
  child.once('close', (code) =>
    (options.expect ?? [0]).includes(code ?? -1)
      ? resolve()
      : reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${complaint}`)),
  );
  return promise;
}

/** The value below which `share` (0-1) of the samples lie. */
export function percentile(ms: readonly number[], share: number): number {
  const sorted = [...ms].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(ms: readonly number[]): number {
  return percentile(ms, 0.5);
}

/** One row per series: median, P95, extremes, and the ratio of medians to the first series. */
export function printTable(samples: readonly Samples[]): void {
  const base = samples[0] === undefined ? Number.NaN : median(samples[0].ms);
  const width = Math.max(...samples.map(({ name }) => name.length));
  process.stdout.write(
    `${'ms'.padEnd(width)}  ${['median', 'p95', 'min', 'max', 'ratio'].map((title) => title.padStart(8)).join('')}\n`,
  );
  for (const { name, ms } of samples) {
    const cells = [median(ms), percentile(ms, 0.95), Math.min(...ms), Math.max(...ms)].map((value) =>
      value.toFixed(1).padStart(8),
    );
    process.stdout.write(
      `${name.padEnd(width)}  ${cells.join('')}${`${(median(ms) / base).toFixed(2)}x`.padStart(8)}\n`,
    );
  }
}
