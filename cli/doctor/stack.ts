/** What `omnibase doctor` looks at in the stack: its parts, the database, the engine, the workers, the caches. */
import type { PartStatus, StackStatus } from '../../contracts/gateway.ts';
import type { CommandContext } from '../command.ts';
import { callContext } from '../control/call-context.ts';
import { databaseUrl } from '../control/database-url.ts';
import { connectGateway } from '../control/gateway.ts';
import { shownDuration } from '../output/duration.ts';
import { type Check, type CheckResult, fail, ok, warn } from './check.ts';

/** One line for the stack and one for each part that is not well. */
export function stackCheck({ io }: CommandContext): Check {
  return {
    name: 'stack',
    async run() {
      const { stackStatus } = await import('../../local/up.ts');
      const status = await stackStatus({ env: { ...io.env } });
      return [{ name: 'stack', ...judgeStack(status) }, ...status.parts.flatMap((part) => judgePart(status, part))];
    },
  };
}

export function databaseCheck({ io }: CommandContext): Check {
  return {
    name: 'postgres',
    async run() {
      const url = await databaseUrl(io.env);
      if (url === null) return warn('there is no database yet', 'omnibase up');
      const { migrationState } = await import('../../db/migrate.ts');
      const { status, pending } = await migrationState(url);
      if (status === 'current') return ok('answers, schema is current');
      if (status === 'ahead') return warn('answers; a newer release has migrated it', 'update this program');
      if (status === 'diverged')
        return fail(
          'answers, but another line of migrations made its schema',
          'restore it from a backup, or use another database',
        );
      return fail(`answers, but ${pending.length} migrations are missing`, 'omnibase db migrate');
    },
  };
}

/** Difference between this machine's clock and the database's, allowing for the time of the question. */
export function clockCheck({ io }: CommandContext): Check {
  return {
    name: 'clock',
    async run() {
      const url = await databaseUrl(io.env);
      if (url === null) return ok('there is no database to compare with');
      const { openDatabase } = await import('../../db/client.ts');
      const database = openDatabase(url, { max: 1, applicationName: 'omnibase doctor' });
      try {
        const before = Date.now();
        const { rows } = await database.pool.query<{ ms: string }>(
          'select extract(epoch from clock_timestamp()) * 1000 as ms',
        );
        const after = Date.now();
        const skew = Math.abs(Number(rows[0]?.ms ?? before) - (before + after) / 2) - (after - before) / 2;
        if (skew < 1000) return ok('agrees with the database');
        return warn(`differs from the database by ${shownDuration(skew)}`, 'synchronise the clocks (ntp)');
      } finally {
        await database.close();
      }
    },
  };
}

/** What the serving process says about its own dependencies: namespace, search attributes, queues. */
export function gatewayCheck(context: CommandContext): Check {
  return {
    name: 'gateway',
    async run() {
      const gateway = await connectGateway(context);
      if (gateway === null) return warn('not asked: no stack runs', 'omnibase up');
      try {
        const report = await gateway.client.ready();
        const lines = report.checks.map(({ name, ok: fine, duration_ms }): CheckResult => {
          const result = fine
            ? ok(`answers in ${shownDuration(duration_ms)}`)
            : fail('does not answer', 'omnibase logs serve');
          return { name: `serve.${name}`, ...result };
        });
        return [
          { name: 'gateway', ...ok(`version ${gateway.handshake.version}, protocol ${gateway.handshake.protocol}`) },
          ...lines,
        ];
      } finally {
        gateway.close();
      }
    },
  };
}

export function cacheCheck(context: CommandContext): Check {
  return {
    name: 'cache',
    async run() {
      const { withRegistry } = await import('../control/registry-control.ts');
      let result: Omit<CheckResult, 'name'> = ok('empty');
      const options = { offline: false, maxStale: undefined, noAutostart: true, failOn: [] };
      await withRegistry(context, options, 'cache', async (registry) => {
        const { l3 } = (await registry.cacheStats(callContext(context))).data;
        const age = l3.age_s === null ? 'never synchronised' : `synchronised ${shownDuration(l3.age_s * 1000)} ago`;
        const message = `${l3.entries} components, ${age}`;
        if (l3.last_error !== null)
          result = warn(`${message}; last error: ${l3.last_error}`, 'omnibase registry sync --full');
        else result = l3.stale || !l3.complete || l3.dirty ? warn(message, 'omnibase registry sync') : ok(message);
        return 0;
      });
      return result;
    },
  };
}

function judgeStack({ state, version, urls }: StackStatus): Omit<CheckResult, 'name'> {
  if (state === 'ready') return ok(`version ${version} is ready, ${urls.socket}`);
  if (state === 'stopped') return warn('does not run', 'omnibase up');
  return state === 'starting' ? warn('is starting', 'omnibase status') : fail('is degraded', 'omnibase logs');
}

function judgePart({ state: stack }: StackStatus, { name, state, detail }: PartStatus): readonly CheckResult[] {
  if (stack === 'stopped' || state === 'ready' || state === 'external') return [];
  return [{ name: `part.${name}`, ...fail(detail ?? state, `omnibase logs ${name}`) }];
}
