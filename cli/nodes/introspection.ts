/**
 * The introspection of `node register`: what a file says, with what the command line says laid over it, checked before
 * anything is opened or started for it.
 */
import { randomUUID } from 'node:crypto';
import { OmniBaseError } from '../../contracts/error.ts';
import type { Introspection } from '../../contracts/node/messages.ts';
import { parseMetadataText } from '../../domain/component/source/parse.ts';
import { checkIntrospection } from '../../domain/registration/messages.ts';
import { type SourceText } from '../documents/read-source.ts';
import { isUuid } from './options.ts';

/** What the options of `node register` say about the node; undefined where they say nothing. */
export interface IntrospectionWishes {
  readonly id: string | undefined;
  readonly domain: string | undefined;
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly nodeVersion: string | undefined;
  readonly tags: readonly string[];
  readonly component: string | undefined;
  readonly reason: string | undefined;
}

/**
 * Puts the message together: members of the file, then the options, then what is made here (id, time, correlation).
 *
 * @param correlationId that of the command; used when it is a uuid
 * @throws ND001 (exit 2) with every problem; a file that is neither YAML nor JSON is told by line
 */
export function introspectionOf(
  source: SourceText | null,
  wishes: IntrospectionWishes,
  correlationId: string,
): Introspection {
  const document = source === null ? {} : documentOf(source);
  const message = { ...made(correlationId), ...document, ...given(document, wishes) };
  const checked = checkIntrospection(message);
  if (checked.ok) return checked.value;
  const where = source === null ? '' : `${source.shown}: `;
  const [first] = checked.issues;
  const more = checked.issues.length > 1 ? ` (and ${checked.issues.length - 1} more)` : '';
  throw new OmniBaseError('ND001', {
    message: `${where}${first === undefined ? 'the introspection is not valid' : `${first.path}: ${first.message}`}${more}`,
    issues: checked.issues,
    next: 'omnibase node register --help',
  });
}

function made(correlationId: string): Record<string, unknown> {
  return {
    // Of its own, so that two calls under one correlation id are not taken for a repetition.
    message_id: randomUUID(),
    correlation_id: isUuid(correlationId) ? correlationId : randomUUID(),
    node_id: randomUUID(),
    timestamp: new Date().toISOString(),
  };
}

function given(document: Record<string, unknown>, wishes: IntrospectionWishes): Record<string, unknown> {
  const entries = {
    node_id: wishes.id,
    domain: wishes.domain,
    node_type: wishes.type,
    node_name: wishes.name,
    node_version: wishes.nodeVersion,
    component: wishes.component === undefined ? undefined : componentOf(wishes.component),
    reason: wishes.reason,
    contract_capabilities: wishes.tags.length === 0 ? undefined : withTags(document, wishes.tags),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

/** `name@version`, or the id of a record. What is neither is handed on for the check to refuse. */
function componentOf(reference: string): unknown {
  if (isUuid(reference)) return { id: reference };
  const at = reference.lastIndexOf('@');
  return at <= 0 ? { name: reference } : { name: reference.slice(0, at), version: reference.slice(at + 1) };
}

function withTags(document: Record<string, unknown>, tags: readonly string[]): unknown {
  const contract = document['contract_capabilities'];
  const own = isObject(contract) ? contract : {};
  const before: readonly unknown[] = Array.isArray(own['capability_tags']) ? own['capability_tags'] : [];
  return { ...own, capability_tags: [...new Set([...before, ...tags])] };
}

function documentOf({ shown, path, text }: SourceText): Record<string, unknown> {
  const { document, issues } = parseMetadataText(text, path?.endsWith('.json') === true ? { format: 'json' } : {});
  const [problem] = issues;
  if (problem === undefined && isObject(document)) return document;
  const at = problem?.line === undefined ? '' : `:${problem.line}:${problem.column ?? 1}`;
  throw new OmniBaseError('ND001', {
    message: `${shown}${at}: ${problem?.message ?? 'an introspection is an object'}`,
    details: { path: shown },
    next: `mend ${shown}; the fields are listed in docs/guides/nodes.md`,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
