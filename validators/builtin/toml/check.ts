/** TOML documents: syntax, and keys or tables that are defined twice. */
import { TomlError, parse } from 'smol-toml';
import { defineBuiltin } from '../definition.ts';
import { firstInvalidByte } from '../invalid-utf8.ts';

export const toml = defineBuiltin({
  id: 'toml',
  description: 'Checks that TOML files can be read.',
  tags: ['pre-commit', 'ci'],
  rules: {
    syntax: { severity: 'error', summary: 'The file is not valid TOML.' },
    'duplicate-key': { severity: 'error', summary: 'A key or table is defined twice.' },
  },
  options: {},
  types: ['toml'],
  accepts: ['binary'],
  reads: 'content',
  revision: 1,
  start: () => {
    return ({ file, report }) => {
      const invalid = firstInvalidByte(file);
      if (invalid !== null) {
        report({ rule: 'syntax', message: invalid.message, location: { at: invalid.offset } });
        return;
      }
      try {
        parse(file.text.replace(/^\uFEFF/, ''));
      } catch (error) {
        if (!(error instanceof TomlError)) throw error;
        const message = error.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '') ?? 'not valid TOML';
        const rule = /redefine|already (?:been )?defined/.test(message) ? 'duplicate-key' : 'syntax';
        report({ rule, message, location: { line: error.line, column: error.column } });
      }
    };
  },
});
