/** The error catalogue, its page and the places that throw must agree. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorCatalogue, OmniBaseError, worstExitCode } from '../../../contracts/error.ts';
import { generatedPages } from '../../../scripts/docs.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const folders = [
  'activities',
  'api',
  'cli',
  'client',
  'contracts',
  'db',
  'domain',
  'local',
  'registry',
  'validators',
  'workers',
  'workflows',
];
const codes = Object.keys(errorCatalogue) as ErrorCode[];

describe('error catalogue', () => {
  it('has names unique in their area and a remedy for every code', () => {
    const names = codes.map((code) => `${code.slice(0, 2)} ${errorCatalogue[code].name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(codes.filter((code) => errorCatalogue[code].remedy.length < 8)).toEqual([]);
  });

  it.each(Object.entries(generatedPages))('docs/reference/%s is current', async (name, render) => {
    expect(readFileSync(path.join(root, 'docs/reference', name), 'utf8')).toBe(await render());
  });

  it('throws only codes that are in the table', () => {
    const wrong = sources().flatMap(({ file, text }) =>
      [...text.matchAll(/new OmniBaseError\(\s*'([A-Z]{2}\d{3})'/g)]
        .map(([, code]) => ({ file, code }))
        .filter(({ code }) => !codes.includes(code as ErrorCode)),
    );
    expect(wrong).toEqual([]);
  });

  it.each(codes)('%s survives its serialised form', (code) => {
    const error = new OmniBaseError(code, {
      details: { ref: 'x', count: 2 },
      issues: [{ code, severity: 'error', path: 'a', message: 'm' }],
    });
    const copy = OmniBaseError.fromBody(JSON.parse(JSON.stringify(error.toBody())));
    expect(copy.toBody()).toEqual(error.toBody());
    expect(copy.exitCode).toBe(error.exitCode);
    expect(copy.name).toBe(errorCatalogue[code].class);
  });

  it('turns an unknown code into an internal error and keeps its message', () => {
    const error = OmniBaseError.fromBody({ message: 'from the future', code: 'ZZ999' as ErrorCode });
    expect([error.code, error.message]).toEqual(['OB001', 'from the future']);
  });
});

describe('worst exit code', () => {
  it.each([
    [[], 0],
    [[0, 1], 1],
    [[1, 2, 3], 3],
    [[5, 4, 1], 5],
    [[6, 5], 6],
    [[124, 6], 124],
    [[130, 124, 1], 130],
  ])('%j → %d', (given, expected) => {
    expect(worstExitCode(given)).toBe(expected);
  });
});

function sources(): { file: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => ({ file: `${folder}/${name}`, text: readFileSync(path.join(root, folder, name), 'utf8') })),
  );
}
