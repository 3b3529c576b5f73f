/** One built-in on one file, with the findings in a short form. */
import type { Finding } from '../../../../contracts/stage.ts';
import { checkedFile } from '../../../../validators/builtin/checked-file.ts';
import { findBuiltin } from '../../../../validators/builtin/index.ts';
import type { FileFacts, GivenOptions } from '../../../../validators/builtin/definition.ts';
import { type BuiltinAnswer, runBuiltin } from '../../../../validators/builtin/run-builtin.ts';

export interface Circumstances extends Partial<FileFacts> {
  readonly options?: GivenOptions;
  readonly merging?: boolean;
  readonly required?: boolean;
}

export type Content = string | Buffer;

export function answerOf(id: string, content: Content | readonly Content[], around: Circumstances = {}): BuiltinAnswer {
  const definition = findBuiltin(id);
  if (definition === undefined) throw new Error(`no built-in ${id}`);
  const { options = {}, merging = false, required = false, ...facts } = around;
  const contents = Array.isArray(content) ? (content as readonly Content[]) : [content as Content];
  const files = contents.map((one, index) => {
    const bytes = Buffer.from(one as string);
    const path = facts.path ?? (index === 0 ? 'file' : `file-${index}`);
    return checkedFile(
      {
        status: 'added',
        kind: 'file',
        types: ['file', 'text'],
        size: bytes.length,
        blob: '0'.repeat(40),
        previous_size: null,
        ...facts,
        path,
      },
      bytes,
    );
  });
  return runBuiltin(definition, { options, inlineAllow: !required, facts: { merging } }, files);
}

export function findingsOf(
  id: string,
  content: Content | readonly Content[],
  around?: Circumstances,
): readonly Finding[] {
  return answerOf(id, content, around).findings;
}

/** `rule@line:column`, without the name of the validator; warnings with a `?`. */
export function placesOf(id: string, content: Content | readonly Content[], around?: Circumstances): string[] {
  return findingsOf(id, content, around).map(({ rule, line, column, severity }) => {
    const place = line === undefined ? '' : `@${line}${column === undefined ? '' : `:${column}`}`;
    return `${rule.slice(id.length + 1)}${place}${severity === 'warning' ? '?' : ''}`;
  });
}
