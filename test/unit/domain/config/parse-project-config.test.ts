import { describe, expect, it } from 'vitest';
import { configValidation } from '../../../../contracts/config.ts';
import type { OmniBaseError } from '../../../../contracts/error.ts';
import { parseProjectConfig } from '../../../../domain/config/parse-project-config.ts';

const parse = (text: string) => parseProjectConfig(text, 'omnibase.config.yaml', configValidation);

function failureOf(text: string): OmniBaseError {
  try {
    parse(text);
  } catch (error) {
    return error as OmniBaseError;
  }
  throw new Error(`accepted: ${text}`);
}

describe('parseProjectConfig', () => {
  it('reads what stages.md 3 names', () => {
    const text = `
stages:
  ci: { required: [secrets], tags: [lint], lifecycle: [active], profile: ci, timeout_ms: 60000, concurrency: 4, fail_fast: true }
  pre-commit: { timeout_ms: 5000 }
components:
  tool/team.json:
    version: ^1.2
    options: { depth: 3, nested: { a: [1, null, true] } }
    files: ['**/*.json']
    exclude: [vendor/**]
    timeout_ms: 100
    severity: { error: warning }
    rules: { duplicate-key: off, syntax: error }
registry: { offline: never, cache: { ttl_seconds: 60 } }
validation: { strict_mode: true }
stack: { ports: { api: 8080 }, idle_stop: 8h }
format: human
`;
    expect(parse(text)).toMatchObject({
      stages: { ci: { required: ['secrets'], fail_fast: true }, 'pre-commit': { timeout_ms: 5000 } },
      components: {
        'tool/team.json': { rules: { 'duplicate-key': 'off' }, options: { nested: { a: [1, null, true] } } },
      },
      stack: { idle_stop: '8h' },
    });
  });

  it.each(['', '# nothing yet\n', '---\n', '\uFEFF\n\n  # x'])('takes %j for an empty configuration', (text) => {
    expect(parse(text)).toEqual({});
  });

  it.each([
    ['stages: [1', 1],
    ['format: human\nformat: json\n', 2],
    ['a: &a [*a]\n', 1],
    ['a: 1\n---\nb: 2\n', 1],
    ['x: !!js/function "f"\n', 1],
    ['\tstages: {}\n', 1],
  ])('refuses %j as unparsable, at line %i', (text, line) => {
    expect(failureOf(text)).toMatchObject({ code: 'OR016', details: { path: 'omnibase.config.yaml', line } });
  });

  it.each([
    ['stages:\n  ci:\n    requird: []\n', '/stages/ci/requird', 3, 'did you mean required?'],
    ['stages:\n  precommit: {}\n', '/stages/precommit', 2, 'did you mean pre-commit?'],
    ['regisrty: {}\n', '/regisrty', 1, 'did you mean registry?'],
    ['components:\n  a/b:\n    timeout: 3\n', '/components/a~1b/timeout', 3, 'did you mean timeout_ms?'],
    [
      'qqqqqqqq: 1\n',
      '/qqqqqqqq',
      1,
      'known keys here: stages, components, registry, validation, stack, registration, deadlines, sweep, breaker, damping, outbox, format',
    ],
  ])('names the unknown key in %j', (text, pointer, line, next) => {
    const failure = failureOf(text);
    expect(failure).toMatchObject({ code: 'OB003', exitCode: 2, next, details: { pointer } });
    expect(failure.issues?.[0]).toMatchObject({ path: pointer, line });
  });

  it.each([
    ['stages: { ci: { timeout_ms: 999 } }', '/stages/ci/timeout_ms'],
    ['stages: { ci: { concurrency: 65 } }', '/stages/ci/concurrency'],
    ['stages: { ci: { lifecycle: [retired] } }', '/stages/ci/lifecycle/0'],
    ['components: { x: { rules: { r: fatal } } }', '/components/x/rules/r'],
    ['components: { x: { severity: { fatal: error } } }', '/components/x/severity/fatal'],
    ['stack: { ports: { api: 0 } }', '/stack/ports/api'],
    ['stack: { idle_stop: 8 hours }', '/stack/idle_stop'],
    ['validation: { strict_mode: "yes" }', '/validation/strict_mode'],
    ['[]', ''],
  ])('refuses the value in %j', (text, pointer) => {
    const failure = failureOf(text);
    expect(failure.code).toBe('OB003');
    expect(failure.issues?.map((issue) => issue.path)).toContain(pointer);
  });

  it('tells all problems at once', () => {
    expect(failureOf('a: 1\nb: 2\nstages: { ci: { x: 1 } }\n').issues).toHaveLength(3);
  });

  it('does not take __proto__ for anything but an unknown key', () => {
    expect(failureOf('__proto__: { polluted: 1 }\n').code).toMatch(/OB003|OR016/);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
