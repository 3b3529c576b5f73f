/**
 * Property tests try the same cases in every run, so that a red build is red for its change. To look for new
 * counterexamples: `OMNIBASE_TEST_SEED=random npm test -- unit`, or a number that a failure printed.
 */
import fc from 'fast-check';

const wanted = process.env['OMNIBASE_TEST_SEED'] ?? '20261121';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
