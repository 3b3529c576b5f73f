/** A thread entry with built-ins that misbehave, beside the real ones. */
import { type Check, defineBuiltin } from '../../../../validators/builtin/definition.ts';
import { builtinCatalogue } from '../../../../validators/builtin/index.ts';
import { serveBuiltins } from '../../../../validators/runner/builtins/serve.ts';

const hostile = (id: string, check: Check) =>
  defineBuiltin({
    id,
    description: id,
    tags: [],
    rules: { found: { severity: 'error', summary: id } },
    options: {},
    types: [],
    accepts: [],
    reads: 'content',
    revision: 1,
    start: () => check,
  });

const hoard: unknown[] = [];

serveBuiltins([
  ...builtinCatalogue,
  hostile('hang', () => {
    for (;;);
  }),
  hostile('eat-memory', () => {
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
  }),
  hostile('throw', () => {
    throw new TypeError('a defect');
  }),
  hostile('exit', () => process.exit(3)),
]);
