/** One line of `omnibase doctor`: what was looked at, how it is, and how to mend it. */

type Health = 'ok' | 'warn' | 'fail';

export interface CheckResult {
  readonly name: string;
  readonly status: Health;
  readonly message: string;
  /** One command or sentence; null when nothing needs mending. */
  readonly next: string | null;
}

export interface Check {
  readonly name: string;
  /** Looks at one thing; whatever it throws becomes a failed line. */
  run(): Promise<Omit<CheckResult, 'name'> | readonly CheckResult[]>;
}

export function ok(message: string): Omit<CheckResult, 'name'> {
  return { status: 'ok', message, next: null };
}

export function warn(message: string, next: string): Omit<CheckResult, 'name'> {
  return { status: 'warn', message, next };
}

export function fail(message: string, next: string): Omit<CheckResult, 'name'> {
  return { status: 'fail', message, next };
}

/** Longest time one check may take, ms. */
const checkMs = 5000;

/** Runs every check side by side; their lines keep the order given. */
export async function runChecks(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  const lines = await Promise.all(
    checks.map(async ({ name, run }) => {
      const result = await withLimit(run).catch((error: unknown) => {
        const next = error instanceof Error && 'next' in error ? String(error.next) : 'omnibase logs';
        return fail(error instanceof Error ? error.message : String(error), next);
      });
      return isList(result) ? result : [{ name, ...result }];
    }),
  );
  return lines.flat();
}

function isList(result: Awaited<ReturnType<Check['run']>>): result is readonly CheckResult[] {
  return Array.isArray(result);
}

async function withLimit<T>(run: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${checkMs} ms`)), checkMs);
  try {
    return await Promise.race([run(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
