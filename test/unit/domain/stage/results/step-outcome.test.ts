import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../../../contracts/error.ts';
import { headlinesOf, outcomeOf } from '../../../../../domain/stage/results/step-outcome.ts';
import { finding, planned, result, uuidOf } from '../builders.ts';

const violation = new OmniBaseError('NE003', { details: { component: 'toml', reason: 'no answer' } }).toBody();

describe('outcome of a step', () => {
  it('counts as the run counts', () => {
    const outcome = outcomeOf(
      's1',
      [
        planned('json'),
        planned('yaml', { enforcement: 'informational', severity_limit: 'warning' }),
        planned('toml'),
        planned('xml'),
      ],
      [
        result('json', { findings: [finding(), finding({ line: 2 })] }),
        result('yaml', { findings: [finding({ rule: 'yaml/syntax' })] }),
        result('toml', { status: 'error', errors: [violation] }),
        result('xml', { status: 'skip' }),
        result('stranger'),
      ],
      42,
    );
    expect(outcome).toEqual({
      step_id: 's1',
      duration_ms: 42,
      results: [
        { uuid: uuidOf('local.json@1.0.0'), status: 'fail', findings: 2, exit: 1, blocking: true },
        { uuid: uuidOf('local.yaml@1.0.0'), status: 'warn', findings: 1, exit: 0, blocking: false },
        { uuid: uuidOf('local.toml@1.0.0'), status: 'error', findings: 0, exit: 4, blocking: true },
        { uuid: uuidOf('local.xml@1.0.0'), status: 'skip', findings: 0, exit: 0, blocking: false },
      ],
      headlines: [
        'a.json:1:1 json/syntax unexpected end of input',
        'a.json:2:1 json/syntax unexpected end of input',
        `toml NE003 ${violation.message}`,
      ],
    });
  });

  it('stays within 8 KiB however much was found', () => {
    const findings = Array.from({ length: 5000 }, (_, line) => finding({ line: line + 1, message: 'x'.repeat(4096) }));
    const outcome = outcomeOf('s1', [planned('json')], [result('json', { findings })], 1);
    expect(outcome.headlines).toHaveLength(5);
    expect(JSON.stringify(outcome).length).toBeLessThan(8192);
  });
});

describe('headlines', () => {
  const lines = (changes: Parameters<typeof finding>[0]) =>
    headlinesOf('json', { findings: [finding(changes)], errors: [] });

  it('leave out warnings and what is suppressed', () => {
    expect(lines({ severity: 'warning' })).toEqual([]);
    expect(lines({ suppressed: { by: 'inline' } })).toEqual([]);
  });

  it('need no place', () => {
    const { path: _, line: __, column: ___, ...nowhere } = finding();
    expect(headlinesOf('json', { findings: [nowhere], errors: [] })).toEqual(['json/syntax unexpected end of input']);
  });

  it('show control and direction characters instead of obeying them', () => {
    expect(lines({ path: 'a\n\u001b[31m', message: 'b\u202ec\u2028d\u0085' })).toEqual([
      'a\\x0a\\x1b[31m:1:1 json/syntax b\\u202ec\\u2028d\\x85',
    ]);
  });

  it('are cut without halving a character', () => {
    const [line = ''] = lines({ message: '😀'.repeat(200) });
    expect(line.length).toBeLessThanOrEqual(160);
    expect(line.isWellFormed()).toBe(true);
    expect(line.endsWith('…')).toBe(true);
  });
});
