/**
 * Reads an entrypoint in any of its three forms: a mapping with `kind` or `type`, compact `kind@target`, or a bare
 * string whose look tells the kind (registry.md 2.5).
 */
import { type EntrypointKind, entrypointKinds, entrypointSynonyms } from '../../../../contracts/component-values.ts';
import type { Entrypoint } from '../../../../contracts/component.ts';
import { describeValue, isJsonObject, quote } from '../../../json/values.ts';
import { nearest } from '../../../text/nearest.ts';
import { fail, failType, inside, type Place, type Reader } from '../../reading/place.ts';
import { asText } from '../../reading/scalars.ts';
import { readMembersOfKind } from './kinds.ts';

type Members = { readonly [key: string]: unknown };

/** Yields the normalised entrypoint; problems are SC002-SC007 and SC010 W. */
export const entrypoint: Reader<Entrypoint> = (value, at) => {
  if (typeof value === 'string') return readString(value.trim(), at);
  if (isJsonObject(value)) return readMapping(value, at);
  return failType(at, 'text or a mapping', value);
};

function readMapping(value: Members, at: Place): Entrypoint | undefined {
  const { kind: givenKind, type: givenType, ...members } = value;
  const stated = givenKind ?? givenType ?? undefined;
  const key = givenKind === undefined || givenKind === null ? 'type' : 'kind';
  if (stated === undefined) {
    return fail(inside(at, 'kind'), 'SC003', 'an entrypoint needs a kind', () => ({
      expected: entrypointKinds.join(', '),
    }));
  }
  const word = asText(stated, inside(at, key));
  if (word === undefined) return undefined;
  const read = readKind(word, inside(at, key));
  if (read === undefined) return undefined;
  if (key === 'kind' && givenType !== undefined && givenType !== null && givenType !== givenKind) {
    return fail(inside(at, 'type'), 'SC002', 'kind and type of the entrypoint differ', () => ({
      hint: 'keep one of them',
    }));
  }
  return readMembersOfKind(read.kind, { ...read.members, ...members }, at);
}

function readString(given: string, at: Place): Entrypoint | undefined {
  if (given === '') return fail(at, 'SC006', 'the text is empty');
  if (/^https?:\/\//i.test(given)) return readMembersOfKind('remote', { url: given }, at);
  if (given.startsWith('npm:')) return readMembersOfKind('package', packageMembers(given.slice(4)), at);
  if (given.startsWith('builtin:')) return readMembersOfKind('builtin', { id: given.slice(8) }, at);
  const compact = /^([A-Za-z][A-Za-z0-9+#_-]*)@(.*)$/s.exec(given);
  return compact === null ? readPath(given, at) : readCompact(compact[1] ?? '', compact[2] ?? '', at);
}

function readCompact(word: string, target: string, at: Place): Entrypoint | undefined {
  const read = readKind(word, at);
  if (read === undefined) return undefined;
  if (read.kind === 'command') return readProgram(target, at);
  const members = read.kind === 'package' ? packageMembers(target) : { target };
  return readMembersOfKind(read.kind, { ...read.members, ...members }, at);
}

/** `PACKAGE@SPEC#EXPORT`; the first character may be the `@` of a scope. */
function packageMembers(text: string): Members {
  const [, path = '', spec, exported] = /^(@?[^@#]*)(?:@([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  const target = exported === undefined ? path : `${path}#${exported}`;
  return spec === undefined ? { target } : { target, version_spec: spec };
}

/** Languages by file ending, for paths that carry no kind. */
const runtimes: Readonly<Record<string, string>> = {
  py: 'python',
  rb: 'ruby',
  go: 'go',
  rs: 'rust',
  java: 'java',
  php: 'php',
  pl: 'perl',
  lua: 'lua',
  r: 'r',
  jl: 'julia',
  cs: 'csharp',
  swift: 'swift',
  kt: 'kotlin',
};

function readPath(given: string, at: Place): Entrypoint | undefined {
  const ending = /\.([A-Za-z0-9]+)(?:#.*)?$/s.exec(given.slice(given.lastIndexOf('/') + 1))?.[1]?.toLowerCase();
  if (ending === undefined || ending === 'sh') return readProgram(given, at);
  if (['js', 'mjs', 'cjs', 'ts'].includes(ending)) return readMembersOfKind('node', { target: given }, at);
  const runtime = Object.hasOwn(runtimes, ending) ? runtimes[ending] : undefined;
  if (runtime !== undefined) return readMembersOfKind('foreign', { runtime, target: given }, at);
  return fail(at, 'SC007', `${quote(given)} does not tell how it is started`, () => ({
    hint: 'write a mapping with `kind`',
  }));
}

/** A bare program; text with blanks would be a shell command, which is never run. */
function readProgram(given: string, at: Place): Entrypoint | undefined {
  if (!/\s/.test(given)) return readMembersOfKind('command', { program: given }, at);
  return fail(at, 'SC007', `${quote(given)} looks like a shell command`, () => ({
    hint: 'write {kind: command, program: …, args: […]}',
  }));
}

interface KindReading {
  readonly kind: EntrypointKind;
  /** Members that the word itself gives: the runtime of a foreign entrypoint. */
  readonly members: Members;
}

/** A kind, a synonym of one, or a language, which means `foreign`. SC005 for what looks like a misspelt kind. */
function readKind(given: string, at: Place): KindReading | undefined {
  const word = given.trim().toLowerCase();
  const kind = entrypointKinds.find((each) => each === word) ?? synonymOf(word);
  if (kind !== undefined) return { kind, members: {} };
  const words = [...entrypointKinds, ...Object.keys(entrypointSynonyms)];
  const near = nearest(word, words);
  if (near === undefined && /^[a-z][a-z0-9+#_.-]{0,63}$/.test(word))
    return { kind: 'foreign', members: { runtime: word } };
  return fail(at, 'SC005', `${quote(given)} is no kind of entrypoint`, () => ({
    expected: `${entrypointKinds.join(', ')}, or the name of a language`,
    received: describeValue(given),
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  }));
}

function synonymOf(word: string): EntrypointKind | undefined {
  return Object.hasOwn(entrypointSynonyms, word)
    ? entrypointSynonyms[word as keyof typeof entrypointSynonyms]
    : undefined;
}
