/**
 * Private keys in text. A header line alone is enough: what stands below it may be cut, wrapped or escaped. A finding
 * carries the kind, the place and the last two characters of the secret, never more.
 */
import { compileGlobs } from '../../../domain/stage/globs.ts';
import { bytesOf } from '../../../domain/stage/paths.ts';
import { defineBuiltin } from '../definition.ts';

/** Words without which no pattern can match; looked for first, at the speed of a search for bytes. */
const traces = ['PRIVATE KEY', 'OpenVPN Static key', 'PuTTY-User-Key-File-', 'AGE-SECRET-KEY-1'];

/** The parts of a pattern are bounded, so no input makes it slow. */
const patterns = [
  {
    rule: 'pem',
    pattern:
      /-{4,5} ?BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}|-----BEGIN OpenVPN Static key V\d-----/g,
  },
  { rule: 'putty', pattern: /PuTTY-User-Key-File-\d/g },
  { rule: 'age', pattern: /AGE-SECRET-KEY-1[0-9A-Z]{58}/g },
] as const;

export const privateKey = defineBuiltin({
  id: 'private-key',
  description: 'Finds private keys.',
  tags: ['pre-commit', 'ci', 'canary'],
  rules: {
    pem: { severity: 'error', summary: 'A private key in PEM form, an SSH2 key or an OpenVPN static key.' },
    putty: { severity: 'error', summary: 'A private key of PuTTY.' },
    age: { severity: 'error', summary: 'A secret key of age.' },
  },
  options: {
    allow: { kind: 'list', default: [], description: 'Globs of paths that may hold private keys, such as test data.' },
  },
  types: ['text'],
  accepts: [],
  reads: 'content',
  revision: 1,
  start: (options) => {
    const isAllowed = compileGlobs(options.allow);
    return ({ file, report }) => {
      if (!traces.some((trace) => file.includes(trace))) return;
      if (isAllowed(bytesOf(file.path))) return;
      // One character per byte, so that offsets are those of the bytes; UTF-16 has its own.
      const wide = file.encoding === 'utf-16le' || file.encoding === 'utf-16be';
      const text = wide ? file.text : file.bytes.toString('latin1');
      for (const { rule, pattern } of patterns) {
        for (const match of text.matchAll(pattern)) {
          report(() => {
            const end = match.index + match[0].length;
            const place = wide ? file.positionInText(match.index) : file.positionOfByte(match.index);
            return { rule, message: describe(rule, match[0], text.slice(end, end + maxKeyLength)), location: place };
          });
        }
      }
    };
  },
});

/** Where the end of a key is looked for, characters. */
const maxKeyLength = 16_384;

function describe(rule: (typeof patterns)[number]['rule'], found: string, after: string): string {
  switch (rule) {
    case 'age':
      return `age secret key ending in ${found.slice(-2)}`;
    case 'putty':
      return `PuTTY private key${ending(/Private-MAC: *([0-9a-f]+)/.exec(after)?.[1])}`;
    case 'pem': {
      const kind = /BEGIN (.*?) ?-+$/.exec(found)?.[1] ?? 'PRIVATE KEY';
      const footer = after.indexOf('END ');
      // Line breaks may be written as escapes inside a string.
      const body = after.slice(Math.max(0, footer - 20), footer).replaceAll(/\\[nr]|[^A-Za-z0-9+/]/g, '');
      return `${kind}${ending(footer < 0 || body.length < 2 ? undefined : body)}`;
    }
  }
}

function ending(secret: string | undefined): string {
  return secret === undefined ? '' : ` ending in ${secret.slice(-2)}`;
}
