/**
 * From the text of a file to a checked metadata document: a direct document, or the block inside a source
 * file (registry.md 2.1, 2.7). Problems keep the line and column of the file.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { ComponentMetadata } from '../../contracts/component.ts';
import { type Issue, OmniBaseError } from '../../contracts/error.ts';
import { authorHashInput } from '../../domain/component/author-hash.ts';
import { normalise } from '../../domain/component/normalise.ts';
import { findMetadataBlock } from '../../domain/component/source/block.ts';
import { type ParsedBlock, parseMetadataBlock, parseMetadataText } from '../../domain/component/source/parse.ts';
import { validationError } from '../../domain/component/validation-error.ts';
import type { SourceText } from './read-source.ts';

/** A document, with the way back from its members to lines and the rest of its file. */
export type ReadDocument = Pick<ParsedBlock, 'document' | 'locate' | 'body' | 'issues'>;

export interface CheckedDocument {
  readonly document: unknown;
  readonly metadata: ComponentMetadata;
  readonly warnings: readonly Issue[];
}

/** @throws MetadataValidationError (SC001, SC006, MD001, MD002) when there is no usable document */
export function readDocument(source: SourceText): ReadDocument {
  const read = parse(source);
  if (read.document === null || read.issues.some(isError)) throw documentError(source.shown, read.issues);
  return read;
}

/**
 * Reads a document and checks all that can be checked without a registry, so that bad input opens and starts
 * nothing.
 *
 * @throws MetadataValidationError with every problem at once
 */
export function checkDocument(source: SourceText, strict: boolean): CheckedDocument {
  const read = readDocument(source);
  const { metadata, issues } = normalise(read.document, { strict, locate: read.locate });
  const all = [...issues, ...(metadata === null ? [] : checkAuthorHash(metadata, read))];
  if (metadata === null || all.some(isError)) throw documentError(source.shown, all);
  return { document: read.document, metadata, warnings: [...read.issues, ...all] };
}

/** The error for a refused document; it names the file and how to check it again. */
export function documentError(shown: string, issues: readonly Issue[]): OmniBaseError {
  const { code, message, details } = validationError(issues);
  return new OmniBaseError(code, {
    message: `${shown}: ${message}`,
    details: { ...details, path: shown },
    issues,
    next: `correct ${shown}, then check it with: omnibase validate metadata ${shown === 'stdin' ? '-' : shown}`,
  });
}

function isError(issue: Issue): boolean {
  return issue.severity === 'error';
}

/** The author's claim about the file (registry.md 2.9); only one algorithm is checked. */
function checkAuthorHash(metadata: ComponentMetadata, read: ReadDocument): readonly Issue[] {
  const input = authorHashInput(metadata, read.body);
  if (input === null) return [];
  const actual = createHash('sha256').update(input).digest('hex');
  if (actual === metadata.hash) return [];
  const facts = { expected: actual, received: metadata.hash ?? '', hint: 'recompute it, or leave it out' };
  return [
    {
      code: 'MD003',
      severity: 'error',
      path: 'hash',
      message: 'the hash is not that of this file',
      ...facts,
      ...read.locate(['hash']),
    },
  ];
}

const directExtensions = new Set(['.yaml', '.yml', '.json']);

function parse(source: SourceText): ReadDocument {
  const extension = source.path === null ? '' : path.extname(source.path).toLowerCase();
  const direct = directExtensions.has(extension) || extension === '';
  const search = findMetadataBlock(source.text);
  const hasBlock = search.block !== null || search.issues.some(({ code }) => code === 'MD002');
  if (hasBlock || !direct) return parseMetadataBlock(source.text);
  return { ...parseMetadataText(source.text, extension === '.json' ? { format: 'json' } : {}), body: '' };
}
