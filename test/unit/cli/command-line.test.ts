/** How lines are read: commands, options, values, and what is said about the ones that are not understood. */
import { describe, expect, it } from 'vitest';
import { globalOptions } from '../../../cli/arguments/global-options.ts';
import {
  choice,
  choiceList,
  duration,
  flag,
  integer,
  list,
  parseDuration,
  repeated,
  text,
} from '../../../cli/arguments/options.ts';
import { defineCommand } from '../../../cli/command.ts';
import { type CommandTable, commandTable } from '../../../cli/command-table.ts';
import { findCommand } from '../../../cli/find-command.ts';
import { parseLine } from '../../../cli/parse.ts';
import { runCommandLine } from '../../../cli/run.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import { memoryIo } from './support/memory-io.ts';

const sample = defineCommand({
  summary: 'a sample',
  operands: '[file...]',
  examples: [],
  options: {
    tags: list('--tags <a,b>', ''),
    name: text('--name <name>', ''),
    each: repeated('--each <value>', ''),
    size: integer('--size <n>', '', 1, 64),
    kind: choice('--kind <kind>', '', ['fast', 'slow']),
    kinds: choiceList('--kinds <kinds>', '', ['fast', 'slow']),
    wait: duration('--wait <time>', ''),
    noPreset: flag('--no-preset', ''),
    force: flag('-f, --force', ''),
    paths: repeated('--paths <paths...>', ''),
  },
  run: () => Promise.resolve(0),
});

const table: CommandTable = {
  one: { summary: '', load: () => Promise.resolve({ command: sample }) },
  noun: { summary: '', children: { verb: { summary: '', load: () => Promise.resolve({ command: sample }) } } },
  both: {
    summary: '',
    load: () => Promise.resolve({ command: sample }),
    children: { ls: { summary: '', load: () => Promise.resolve({ command: sample }) } },
  },
};

describe('finding the command', () => {
  it.each([
    [['one', 'a', '-f'], ['one'], ['a', '-f']],
    [
      ['--format', 'json', 'noun', 'verb', 'x'],
      ['noun', 'verb'],
      ['--format', 'json', 'x'],
    ],
    [
      ['noun', '--format', 'json', 'verb'],
      ['noun', 'verb'],
      ['--format', 'json'],
    ],
    [
      ['noun', '--format=json', '--quiet', 'verb'],
      ['noun', 'verb'],
      ['--format=json', '--quiet'],
    ],
    [['both', 'ls'], ['both', 'ls'], []],
    [['both', '--quiet', 'ls'], ['both', 'ls'], ['--quiet']],
    [['both', '--tags', 'ls'], ['both'], ['--tags', 'ls']],
    [['one', '--', '--help'], ['one'], ['--', '--help']],
    [['one', '-'], ['one'], ['-']],
    [[], [], []],
  ])('%j', (line, path, rest) => {
    expect(findCommand(table, line)).toMatchObject({ path, rest, wantsHelp: false });
  });

  it.each([
    [['--help']],
    [['help']],
    [['-h']],
    [['noun', '--help']],
    [['help', 'noun', 'verb']],
    [['noun', 'verb', '-h']],
    [['both', '--help']],
  ])('%j asks for help', (line) => {
    expect(findCommand(table, line).wantsHelp).toBe(true);
  });

  it.each([
    [['onne'], 'unknown command "onne"', 'did you mean one?'],
    [['noun', 'vreb'], 'unknown command "noun vreb"', 'did you mean noun verb?'],
    [['both', 'lss'], 'unknown command "both lss"', 'did you mean both ls?'],
    [['noun'], 'omnibase noun needs one of: verb', 'omnibase noun --help'],
    [['completely-different'], 'unknown command "completely-different"', 'omnibase --help'],
  ])('%j is refused', (line, message, next) => {
    const error = caught(() => findCommand(table, line));
    expect(error).toMatchObject({ code: 'OB002', exitCode: 2, message });
    expect(error.next).toContain(next);
  });
});

describe('reading options', () => {
  const parse = (...rest: string[]) => parseLine(['one'], sample, rest);

  it('gives every option its type', () => {
    const { options, operands, globals } = parse(
      '--tags',
      'a, b',
      '--tags=c',
      '--name',
      'first',
      '--name',
      'last',
      '--each',
      'x,y',
      '--each',
      'z',
      '--size',
      '8',
      '--kind',
      'fast',
      '--kinds',
      'slow,fast',
      '--wait',
      '1.5s',
      '--no-preset',
      '-f',
      '--json',
      'one.yaml',
      '-',
    );
    expect(options).toMatchObject({
      tags: ['a', 'b', 'c'],
      name: 'last',
      each: ['x,y', 'z'],
      size: 8,
      kind: 'fast',
      kinds: ['slow', 'fast'],
      wait: 1500,
      noPreset: true,
      force: true,
    });
    expect(operands).toEqual(['one.yaml', '-']);
    expect(globals).toMatchObject({ json: true, quiet: false, format: undefined });
  });

  it('has a value for what was not given', () => {
    expect(parse().options).toMatchObject({
      tags: [],
      name: undefined,
      each: [],
      size: undefined,
      noPreset: false,
      force: false,
    });
  });

  it('takes several values after one option up to the next', () => {
    expect(parse('--paths', 'a', 'b,c', '--force').options).toMatchObject({ paths: ['a', 'b,c'], force: true });
  });

  it.each([
    [['--tgas', 'x'], 'unknown option "--tgas"', 'did you mean --tags?'],
    [['--size', '65'], '--size needs a whole number from 1 to 64, not "65"', ''],
    [['--size', '1e1'], '--size needs a whole number from 1 to 64, not "1e1"', ''],
    [['--kind', 'fst'], 'unknown value "fst" for --kind', 'did you mean fast? valid values: fast, slow'],
    [['--kinds', 'fast,x'], 'unknown value "x" for --kinds', 'valid values: fast, slow'],
    [['--wait', '5000'], '--wait needs a time with its unit, not "5000"', '--wait 30s'],
    [['--wait', '5y'], '--wait needs a time with its unit, not "5y"', '--wait 30s'],
    [['--format', 'xml'], 'unknown value "xml" for --format', 'valid values: human, json, jsonl, yaml'],
    [['--correlation-id', 'two words'], '--correlation-id takes 1 to 128 visible ASCII characters without blanks', ''],
    [['--tags', '--force'], '--tags needs a value, but --force follows', '--tags=VALUE'],
    [['--name'], 'option --name <name> needs a value', 'omnibase one --help'],
  ])('%j is refused', (rest, message, next) => {
    const error = caught(() => parse(...rest));
    expect(error).toMatchObject({ exitCode: 2, message });
    expect(error.next).toContain(next);
  });

  it('counts operands', () => {
    const none = defineCommand({ summary: '', examples: [], options: {}, run: () => Promise.resolve(0) });
    const one = defineCommand({
      summary: '',
      operands: '<ref>',
      examples: [],
      options: {},
      run: () => Promise.resolve(0),
    });
    expect(caught(() => parseLine(['one'], none, ['x'])).code).toBe('OB002');
    expect(caught(() => parseLine(['one'], one, [])).message).toBe('an operand is missing: ref');
  });

  it('uses the code of its area', () => {
    const orch = defineCommand({
      summary: '',
      examples: [],
      options: {},
      usageCode: 'OR001',
      run: () => Promise.resolve(0),
    });
    expect(caught(() => parseLine(['orch'], orch, ['--nope'])).code).toBe('OR001');
  });

  it.each([
    ['0ms', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ])('%s is %d ms', (given, ms) => {
    expect(parseDuration('--x', given)).toBe(ms);
  });
});

describe('the real commands', () => {
  const leaves = collect(commandTable);

  it('load, and name their options once', async () => {
    for (const { path, load } of leaves) {
      const { command } = await load();
      const names = Object.values({ ...globalOptions, ...command.options }).flatMap(
        ({ flags }) => flags.match(/--[a-z-]+/g) ?? [],
      );
      expect(new Set(names).size, path.join(' ')).toBe(names.length);
      expect(command.examples.length, `examples of ${path.join(' ')}`).toBeGreaterThan(0);
    }
  });

  it('have a help page with examples first', async () => {
    for (const { path } of leaves) {
      const io = memoryIo();
      expect(await runCommandLine([...path, '--help'], io)).toBe(0);
      expect(io.err()).toBe('');
      expect(io.out()).toMatch(new RegExp(`^omnibase ${path.join(' ')} - .*\n\nExamples\n`));
    }
  });

  it.each([
    [
      ['registri', 'ls'],
      'UsageError [OB002] unknown command "registri"\nnext: did you mean registry? See omnibase --help\n',
    ],
    [
      ['orch', '--stage', 'pre-comit'],
      'ConfigurationError [OR001] unknown value "pre-comit" for --stage\nnext: did you mean pre-commit? valid values: pre-commit, ci, test\n',
    ],
    [['orch'], 'ConfigurationError [OR001] --stage is missing\nnext: omnibase orch --stage pre-commit|ci|test\n'],
    [
      ['list', 'validtors'],
      'UsageError [OB002] unknown kind "validtors"\nnext: did you mean validators? See omnibase list --help\n',
    ],
    [['--quiet'], 'UsageError [OB002] --quiet stands without a command\nnext: omnibase --help\n'],
  ])('%j says what was meant, on stderr only', async (line, expected) => {
    const io = memoryIo();
    expect(await runCommandLine(line, io)).toBe(2);
    expect(io.out()).toBe('');
    expect(io.err()).toBe(expected);
  });

  it('tells errors as one JSON object when JSON was asked for', async () => {
    const io = memoryIo();
    expect(await runCommandLine(['orch', '--stage', 'x', '--format', 'json', '--correlation-id', 'c-7'], io)).toBe(2);
    expect(io.out()).toBe('');
    expect(JSON.parse(io.err())).toMatchObject({
      error_type: 'ConfigurationError',
      code: 'OR001',
      exit_code: 2,
      correlation_id: 'c-7',
    });
  });

  it('shows an overview without arguments', async () => {
    const io = memoryIo();
    expect(await runCommandLine([], io)).toBe(0);
    for (const name of Object.keys(commandTable)) expect(io.out()).toContain(`\n  ${name}`);
  });
});

interface Leaf {
  readonly path: readonly string[];
  readonly load: NonNullable<CommandTable[string]['load']>;
}

function collect(table: CommandTable, above: readonly string[] = []): readonly Leaf[] {
  return Object.entries(table).flatMap(([name, { load, children }]) => {
    const path = [...above, name];
    return [...(load === undefined ? [] : [{ path, load }]), ...collect(children ?? {}, path)];
  });
}

function caught(action: () => unknown): OmniBaseError {
  try {
    action();
  } catch (error) {
    if (error instanceof OmniBaseError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
