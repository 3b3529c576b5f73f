/**
 * YAML documents: syntax, keys that stand twice, tabs, aliases that unfold without bound, tags on request. A fast
 * parser answers for files that are in order; for one that is broken, a slower one that knows more about the place is
 * asked as well, unless the file is long.
 */
import { YAMLException, parseEvents } from 'js-yaml';
import { type Document, parseAllDocuments } from 'yaml';
import type { CheckedFile } from '../checked-file.ts';
import { type Problem, defineBuiltin } from '../definition.ts';
import { firstInvalidByte } from '../invalid-utf8.ts';
import { type YamlDefect, defectsOf } from './defects.ts';
import { type YamlProblem, maxGrowth, walkYaml } from './walk.ts';

export const yaml = defineBuiltin({
  id: 'yaml',
  description: 'Checks that YAML files can be read.',
  tags: ['pre-commit', 'ci', 'canary'],
  rules: {
    syntax: { severity: 'error', summary: 'The file is not valid YAML.' },
    'duplicate-key': { severity: 'error', summary: 'A key stands twice in one mapping.' },
    'alias-bomb': { severity: 'error', summary: `Aliases unfold to more than ${maxGrowth} times what is written.` },
    'tab-indent': { severity: 'error', summary: 'A line is indented with a tab.' },
  },
  options: {
    multi_document: { kind: 'boolean', default: true, description: 'Whether a file may hold several documents.' },
    custom_tags: {
      kind: 'choice-or-list',
      default: 'any',
      values: ['any'],
      description: 'Tags that may occur besides those of YAML itself; a tag is never constructed.',
    },
  },
  types: ['yaml'],
  accepts: ['binary'],
  reads: 'content',
  revision: 1,
  start: (options) => {
    const tags = typeof options.custom_tags === 'string' ? null : options.custom_tags;
    const settings = { multiDocument: options.multi_document, tags };
    return ({ file, report }) => {
      const wide = file.encoding === 'utf-16le' || file.encoding === 'utf-16be';
      const invalid = wide ? null : firstInvalidByte(file);
      if (invalid !== null) {
        report({ rule: 'syntax', message: invalid.message, location: { at: invalid.offset } });
        return;
      }
      const { text } = file;
      try {
        const events = parseEvents(text, {});
        for (const problem of walkYaml(text, events, settings)) report(() => asProblem(file, problem));
      } catch (error) {
        if (!(error instanceof YAMLException)) throw error;
        for (const defect of explain(error, text)) report(() => asProblem(file, defect));
      }
    };
  },
});

/** The second parser needs a thousand times the memory of the text and a second for a megabyte. */
const maxExplained = 64 * 1024;

/**
 * Where a broken file is broken. Where the two parsers disagree the file is taken for good: nobody's commit should wait
 * for the odd corners of YAML.
 */
function explain(error: YAMLException, text: string): readonly YamlDefect[] {
  const message = error.reason.trim();
  const rule = /\btabs?\b/.test(message) ? 'tab-indent' : 'syntax';
  const noticed: YamlDefect = { rule, message, offset: error.mark?.position ?? 0 };
  // The second parser lets characters pass that YAML forbids.
  const settled = text.length > maxExplained || /null byte|printable/.test(message);
  return (settled ? null : secondOpinion(text)) ?? [noticed];
}

/** Null when it has none. */
function secondOpinion(text: string): readonly YamlDefect[] | null {
  try {
    const parsed = parseAllDocuments(text, { version: '1.2', prettyErrors: false, logLevel: 'silent' });
    const documents: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
    const broken = documents.findIndex(({ errors }) => errors.some(({ code }) => code !== 'DUPLICATE_KEY'));
    const readable = broken < 0 ? documents : documents.slice(0, broken + 1);
    return readable.flatMap((document) => defectsOf(document, text));
  } catch (error) {
    // It calls itself for each level of nesting.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function asProblem(file: CheckedFile, problem: YamlProblem | YamlDefect): Problem {
  const location = file.positionInText(Math.min(problem.offset, file.text.length));
  if (problem.rule !== 'duplicate-key' || !('first' in problem) || problem.first === undefined) {
    return { rule: problem.rule, message: problem.message, location };
  }
  const key = JSON.stringify(problem.message.slice(0, 80));
  const message = `the key ${key} stands twice, first on line ${file.positionInText(problem.first).line}`;
  return { rule: problem.rule, message, location };
}
