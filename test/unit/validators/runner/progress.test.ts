/** What a running child is said to be doing. */
import { describe, expect, it } from 'vitest';
import { readProgress } from '../../../../validators/runner/command/progress.ts';

function linesOf(protocol: boolean, ...chunks: (readonly ['stdout' | 'stderr', string])[]): string[] {
  const lines: string[] = [];
  const clean = (text: string) => text.replaceAll('hunter22', '[redacted:PASSWORD]');
  for (const [stream, text] of chunks)
    readProgress((line) => lines.push(line), clean, protocol).read(stream, Buffer.from(text));
  return lines;
}

describe('progress', () => {
  it('is the last line of either stream of a plain command', () => {
    expect(linesOf(false, ['stdout', 'one\ntwo\n'], ['stderr', 'three'])).toEqual(['two', 'three']);
  });

  it('is what a protocol validator says in progress lines, never its answer', () => {
    const line = '{"type":"progress","text":"half way"}\n';
    expect(
      linesOf(
        true,
        ['stdout', line],
        ['stdout', '{"protocol":"x"}'],
        ['stdout', '{"type":"progress"'],
        ['stderr', 'log'],
      ),
    ).toEqual(['half way', 'log']);
  });

  it('carries no secret and is short', () => {
    expect(linesOf(false, ['stderr', 'password hunter22'])).toEqual(['password [redacted:PASSWORD]']);
    expect(linesOf(false, ['stderr', 'x'.repeat(5000)])[0]).toHaveLength(200);
  });

  it('comes at most ten times a second', () => {
    const lines: string[] = [];
    const reader = readProgress(
      (line) => lines.push(line),
      (text) => text,
      false,
    );
    for (let index = 0; index < 1000; index++) reader.read('stdout', Buffer.from(`line ${index}\n`));
    expect(lines.length).toBeLessThan(5);
    expect(lines[0]).toBe('line 0');
  });
});
