import { defineConfig } from 'vitest/config';

/** One project per tier; `scripts/test.ts` runs them in order and adds up the counts. */
const tiers = {
  unit: { timeout: 10_000 },
  integration: { timeout: 30_000 },
  workflow: { timeout: 60_000 },
  replay: { timeout: 60_000 },
  e2e: { timeout: 120_000 },
  chaos: { timeout: 120_000 },
} as const;

/** Tiers that need none of the run's servers: they have none, or a whole stack of their own. */
const ownServers: ReadonlySet<string> = new Set(['unit', 'chaos']);

export default defineConfig({
  test: {
    projects: Object.entries(tiers).map(([name, { timeout }]) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: timeout,
        hookTimeout: timeout,
        pool: 'forks' as const,
        setupFiles: ['test/support/property-seed.ts'],
        ...(ownServers.has(name) ? {} : { globalSetup: ['test/support/global-setup.ts'] }),
        // A story of outages wants the machine for itself.
        ...(name === 'chaos' ? { fileParallelism: false } : {}),
      },
    })),
    coverage: {
      provider: 'v8',
      // Thresholds are held by scripts/coverage.ts, which also knows what ran in the workflow sandbox.
      reportOnFailure: true,
      include: ['domain/**/*.ts', 'registry/**/*.ts', 'activities/**/*.ts', 'workflows/**/*.ts', 'db/**/*.ts'],
      exclude: ['db/migrations/**'],
      reporter: ['text-summary', 'json-summary', 'json'],
    },
  },
});
