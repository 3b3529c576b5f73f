/** JSON documents: syntax, keys that stand twice, nesting that readers refuse. */
import { compileGlobs } from '../../../domain/stage/globs.ts';
import { bytesOf } from '../../../domain/stage/paths.ts';
import { defineBuiltin } from '../definition.ts';
import { firstInvalidByte } from '../invalid-utf8.ts';
import { maxDepth, scanJson } from './scan.ts';

export const json = defineBuiltin({
  id: 'json',
  description: 'Checks that JSON files can be read.',
  tags: ['pre-commit', 'ci', 'canary'],
  rules: {
    syntax: { severity: 'error', summary: 'The file is not valid JSON.' },
    'duplicate-key': { severity: 'error', summary: 'A key stands twice in one object.' },
    'too-deep': { severity: 'error', summary: `The file is nested more than ${maxDepth} levels deep.` },
  },
  options: {
    jsonc: {
      kind: 'list',
      default: ['tsconfig*.json', 'jsconfig*.json', '.vscode/*.json', '*.jsonc', 'devcontainer.json'],
      description: 'Globs of files that may hold comments and trailing commas.',
    },
  },
  types: ['json'],
  accepts: ['binary'],
  reads: 'content',
  revision: 1,
  start: (options) => {
    const allowsComments = compileGlobs(options.jsonc);
    return ({ file, report }) => {
      const invalid = firstInvalidByte(file);
      if (invalid !== null) {
        report({ rule: 'syntax', message: invalid.message, location: { at: invalid.offset } });
        return;
      }
      const comments = allowsComments(bytesOf(file.path));
      const marked = file.text.startsWith('\uFEFF');
      if (marked && !comments) {
        report({ rule: 'syntax', message: 'a byte order mark before the document', location: { at: 0 } });
      }
      scanJson(marked ? file.text.slice(1) : file.text, { comments }, ({ rule, message, offset, first }) => {
        const shift = marked ? 1 : 0;
        report(() => {
          const where = first === undefined ? '' : `, first on line ${file.positionInText(first + shift).line}`;
          return { rule, message: message + where, location: file.positionInText(offset + shift) };
        });
      });
    };
  },
});
