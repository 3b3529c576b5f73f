import { defineConfig } from 'vitest/config';

/** One project per tier; `scripts/test.ts` runs them in order and adds up the counts. */
const tiers = {
  unit: { timeout: 10_000 },
  integration: { timeout: 30_000 },
  workflow: { timeout: 60_000 },
  replay: { timeout: 60_000 },
  e2e: { timeout: 120_000 },
} as const;

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
        ...(name === 'unit' ? {} : { globalSetup: ['test/support/global-setup.ts'] }),
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
