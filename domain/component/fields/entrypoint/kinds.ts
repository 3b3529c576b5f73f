/** Members of an entrypoint by kind, once the kind is known (registry.md 2.5). */
import {
  commandInputs,
  commandOutputs,
  commandParsers,
  type EntrypointKind,
  validatorProtocols,
} from '../../../../contracts/component-values.ts';
import type { Entrypoint } from '../../../../contracts/component.ts';
import { type MemberReaders, list, record } from '../../reading/collections.ts';
import { fail, inside, type Place, type Reader } from '../../reading/place.ts';
import { integer, oneOf, text } from '../../reading/scalars.ts';
import { hexDigits } from '../patterns.ts';
import { fileTarget, httpsUrl, moduleTarget, packageTarget, pinnedImage, versionSpec } from './targets.ts';

type Of<Kind extends EntrypointKind> = Omit<Extract<Entrypoint, { readonly kind: Kind }>, 'kind'>;

const program: Reader<string> = (value, at) => {
  const read = text({ form: { pattern: /^\P{Cc}*$/u, expected: 'a program without control characters' } })(value, at);
  const shellString = read !== undefined && /\s-|[|&;<>`$]/.test(read);
  return shellString
    ? fail(at, 'SC007', 'a program is no shell command', () => ({ hint: 'put the arguments into args' }))
    : read;
};

const exitCodes: Reader<readonly number[]> = (value, at) => {
  const codes = list(integer(0, 255), { max: 256 })(value, at);
  return codes === undefined ? undefined : [...new Set(codes)].sort((a, b) => a - b);
};

const commandMembers: MemberReaders<Of<'command'>> = {
  program,
  args: list(text({ min: 0, max: 4096, verbatim: true }), { max: 256 }),
  input: oneOf(commandInputs),
  output: oneOf(commandOutputs),
  protocol: oneOf(validatorProtocols),
  pass_codes: exitCodes,
  fail_codes: exitCodes,
  parse: oneOf(commandParsers),
};

const readCommand = record<Of<'command'>>(commandMembers, {
  required: ['program'],
  defaults: { args: [] },
  synonyms: { target: 'program' },
});

/** `target` is accepted for the one member that says what to start. */
const readers: { readonly [Kind in EntrypointKind]: Reader<Of<Kind>> } = {
  builtin: record<Of<'builtin'>>({ id: text() }, { required: ['id'], synonyms: { target: 'id' } }),
  node: record<Of<'node'>>({ target: moduleTarget }, { required: ['target'] }),
  package: record<Of<'package'>>(
    { target: packageTarget, version_spec: versionSpec },
    { required: ['target'], defaults: { version_spec: '*' } },
  ),
  command: (value, at) => {
    const command = readCommand(value, at);
    return command !== undefined && agrees(command, at) ? command : undefined;
  },
  remote: record<Of<'remote'>>(
    { url: httpsUrl, sha256: hexDigits(64) },
    { required: ['url', 'sha256'], synonyms: { target: 'url' } },
  ),
  container: record<Of<'container'>>({ image: pinnedImage }, { required: ['image'], synonyms: { target: 'image' } }),
  foreign: record<Of<'foreign'>>({ runtime: text(), target: fileTarget }, { required: ['runtime', 'target'] }),
};

/** Reads the members of an entrypoint of a known kind. */
export function readMembersOfKind(
  kind: EntrypointKind,
  members: { readonly [key: string]: unknown },
  at: Place,
): Entrypoint | undefined {
  const read = readers[kind](members, at);
  // Each reader yields the members of its own kind.
  return read === undefined ? undefined : ({ kind, ...read } as Entrypoint);
}

/** The protocol needs both of its directions, and no exit code can both pass and fail. */
function agrees(command: Of<'command'>, at: Place): boolean {
  const { input, output, protocol, pass_codes: pass = [], fail_codes: failing = [] } = command;
  const speaks = protocol !== undefined || input === 'stdin-json' || output === 'json';
  if (speaks && ((input ?? 'stdin-json') !== 'stdin-json' || (output ?? 'json') !== 'json')) {
    fail(inside(at, 'input'), 'SC002', 'the protocol is spoken with input: stdin-json and output: json together');
    return false;
  }
  const both = pass.filter((code) => failing.includes(code));
  if (both.length === 0) return true;
  fail(inside(at, 'fail_codes'), 'SC002', `exit code ${both.join(', ')} cannot both pass and fail`);
  return false;
}
