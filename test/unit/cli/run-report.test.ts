/** The report for people: goldens per kind of terminal, and lines that never pass the edge. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayColour } from '../../../cli/io.ts';
import { renderRunReport } from '../../../cli/output/run-report.ts';
import { displayWidth } from '../../../cli/output/width.ts';
import type { RunReport } from '../../../contracts/stage.ts';
import { finding, report, result } from './support/reports.ts';

const typical = report([
  result('json', 'pass', { files_checked: 6, duration_ms: 3, cached: 'all' }),
  result('trailing-whitespace', 'fail', {
    findings: [
      finding(),
      finding({ path: 'README.md', line: 3, column: 1, severity: 'warning', fixable: false, message: 'blank line' }),
    ],
    findings_total: 2,
  }),
  result('toml', 'skip'),
]);

const terminal = (columns: number, env: Record<string, string> = {}): { columns: number; colour: boolean } => ({
  columns,
  colour: mayColour({ isTerminal: true, env, noColor: false }),
});

describe('a report', () => {
  it('on a plain terminal', () => {
    expect(renderRunReport(typical, terminal(100, { NO_COLOR: '1' }))).toBe(
      [
        'omnibase pre-commit   14 files, 3 validators   index a41f0c2 on main (81d0e77)',
        '[PASS] json                   6 files     3 ms  cached',
        '[FAIL] trailing-whitespace   14 files     5 ms',
        '  src/app.ts:12:31   error    trailing-whitespace/blank-at-eol   2 blanks at end of line   fixable',
        '  README.md:3:1      warning  trailing-whitespace/blank-at-eol   blank line',
        '[SKIP] toml                  no matching files',
        '[TIME] 1 failed, 1 passed, 1 skipped   1 error (1 fixable), 1 warning   168 ms',
        'next: correct the files, git add them, commit again     report: omnibase orch show 0199c7a1-b2c3',
        '',
      ].join('\n'),
    );
  });

  it('looks the same on a dumb terminal', () => {
    const plain = renderRunReport(typical, terminal(100, { NO_COLOR: '1' }));
    expect(renderRunReport(typical, terminal(100, { TERM: 'dumb' }))).toBe(plain);
  });

  it('differs on a colour terminal by colour alone', () => {
    const coloured = renderRunReport(typical, terminal(100, { TERM: 'xterm' }));
    expect(coloured).toContain('\u001b[31m[FAIL]\u001b[39m trailing-whitespace');
    expect(coloured).toContain('\u001b[32m[PASS]\u001b[39m json');
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderRunReport(typical, terminal(100, { NO_COLOR: '1' })));
  });

  it('within 60 columns', () => {
    expect(renderRunReport(typical, terminal(60, { NO_COLOR: '1' }))).toBe(
      [
        'omnibase pre-commit   14 files, 3 validators',
        'index a41f0c2 on main (81d0e77)',
        '[PASS] json                   6 files     3 ms  cached',
        '[FAIL] trailing-whitespace   14 files     5 ms',
        '  src/app.ts:12:31',
        '    error    trailing-whitespace/blank-at-eol   2 blanks at',
        '             end of line   fixable',
        '  README.md:3:1',
        '    warning  trailing-whitespace/blank-at-eol   blank line',
        '[SKIP] toml                  no matching files',
        '[TIME] 1 failed, 1 passed, 1 skipped',
        '1 error (1 fixable), 1 warning   168 ms',
        'next: correct the files, git add them, commit again',
        'report: omnibase orch show 0199c7a1-b2c3',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['index', {}, 'index a41f0c2 on main (81d0e77)'],
    [
      'range',
      { source: 'range', from_ref: 'origin/main', to_ref: 'HEAD' },
      'origin/main..HEAD a41f0c2 on main (81d0e77)',
    ],
    ['tree', { source: 'tree' }, 'all files of a41f0c2 on main (81d0e77)'],
    ['files', { source: 'files' }, 'chosen files of a41f0c2 on main (81d0e77)'],
    ['detached', { branch: null }, 'index a41f0c2 (81d0e77)'],
    ['before the first commit', { head: null }, 'index a41f0c2 on main (no commit yet)'],
  ] as const)('names its source: %s', (_, repo, expected) => {
    const [header] = renderRunReport(
      { ...typical, repo: { ...typical.repo, ...repo } },
      terminal(100, { NO_COLOR: '1' }),
    ).split('\n');
    expect(header).toBe(`omnibase pre-commit   14 files, 3 validators   ${expected}`);
  });

  it('shows errors of a component with their next step, and notes', () => {
    const broken = report([
      result('slow', 'error', {
        attempts: 3,
        enforcement: 'required',
        errors: [
          {
            code: 'NE004',
            name: 'validator_timeout',
            class: 'ValidatorTimeoutError',
            message: 'slow did not finish within 10 ms',
            retryable: false,
            next: 'raise timeout_ms',
          },
        ],
        messages: ['first line\nsecond line'],
      }),
    ]);
    expect(lines(broken).slice(1, -2)).toEqual(
      [
        '[ERROR] slow                  14 files     5 ms  3 attempts  required',
        '  ValidatorTimeoutError [NE004] slow did not finish within 10 ms',
        '  next: raise timeout_ms',
        '  note: first line',
        '  note: second line',
        '[TIME] 1 error   0 errors, 0 warnings   168 ms',
        'next: omnibase orch show 0199c7a1-b2c3 --format yaml',
      ].slice(0, -1),
    );
  });

  it('says what happened to a run that did not complete', () => {
    const cancelled = report([result('json', 'skip', { skipped_reason: 'cancelled' })], {
      state: 'cancelled',
      verdict: null,
      exit_code: 130,
    });
    expect(lines(cancelled)).toContain('[TIME] cancelled   1 skipped   0 errors, 0 warnings   168 ms');
  });

  it('shows nothing but the error of a run that could not be planned', () => {
    const errors = [
      {
        code: 'OR002',
        name: 'empty_selection',
        class: 'SelectionError',
        message: 'no component',
        retryable: false,
        next: 'omnibase init',
      },
    ] as const;
    const errored = report([], { state: 'errored', verdict: null, exit_code: 3, stage: 'ci', errors });
    expect(lines(errored)).toEqual([
      'omnibase ci   index a41f0c2 on main (81d0e77)',
      'SelectionError [OR002] no component',
      '[TIME] errored   168 ms',
      'next: omnibase init     report: omnibase orch show 0199c7a1-b2c3',
      '',
    ]);
  });

  it('says so when nothing was selected', () => {
    const empty = report([], { verdict: 'skip' });
    expect(lines(empty)[1]).toBe('[TIME] nothing to run: pre-commit   0 errors, 0 warnings   168 ms');
  });

  it('leaves suppressed findings out and counts the ones it was not given', () => {
    const many = report([
      result('json', 'fail', {
        findings: [finding({ message: 'shown' }), finding({ message: 'hidden', suppressed: { by: 'config' } })],
        findings_total: 5,
      }),
    ]);
    const text = lines(many).join('\n');
    expect(text).toContain('shown');
    expect(text).not.toContain('hidden');
    expect(text).toContain('and 3 more findings');
  });

  it('makes control bytes of names and messages visible', () => {
    const hostile = report([
      result('evil\u001b[2J', 'fail', {
        findings: [
          finding({ path: 'a\u001b]0;x\u0007\nb\u202e.ts', message: 'bad \u001b[31mred' }),
          finding({ path: 'caf\ufffd', path_bytes: Buffer.from([0x63, 0x61, 0x66, 0xe9]).toString('base64') }),
        ],
        findings_total: 2,
      }),
    ]);
    const text = renderRunReport(hostile, terminal(100, { NO_COLOR: '1' }));
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text).toContain('evil\\x1b[2J');
    expect(text).toContain('a\\x1b]0;x\\x07\\x0ab\\xe2\\x80\\xae.ts:12:31');
    expect(text).toContain('caf\\xe9:12:31');
  });

  it('never passes the edge of the terminal and loses no finding', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, text), { maxLength: 5 }),
        fc.integer({ min: 40, max: 160 }),
        (found, columns) => {
          const findings = found.map(([path, message]) => finding({ path, message }));
          const rendered = renderRunReport(
            report([result('x', 'fail', { findings, findings_total: findings.length })]),
            { columns, colour: false },
          );
          const widest = Math.max(...rendered.split('\n').map(displayWidth));
          expect(widest).toBeLessThanOrEqual(Math.min(100, columns));
        },
      ),
    );
  });
});

function lines(rendered: RunReport): string[] {
  return renderRunReport(rendered, terminal(100, { NO_COLOR: '1' })).split('\n');
}
