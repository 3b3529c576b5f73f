/**
 * Every golden script under `scripts/`, against the built program and one real stack. A script is the place
 * to write down what a person types and sees; see `golden/script.ts` for its form.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestStack, type TestStack } from '../../support/cli.ts';
import { runScript } from './golden/run-script.ts';
import { parseScript } from './golden/script.ts';

const folder = path.join(import.meta.dirname, 'scripts');
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  // Scripts select from the built-ins; registering them is the first thing a person does.
  const { code, stderr } = await stack.run(['init']);
  expect(code, stderr).toBe(0);
});
afterAll(() => stack.dispose());

describe('golden scripts', () => {
  it.each(names)('%s', async (name) => {
    await runScript(parseScript(readFileSync(path.join(folder, name), 'utf8')), stack.home);
  });
});
