/**
 * Parses JSON bodies and refuses what later layers cannot hold: bytes that are not UTF-8, nesting deeper
 * than 64, `__proto__` members, NUL characters and lone surrogates (Postgres stores neither). All of it is
 * refused here, before a schema or a rule walks the value.
 */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { OmniBaseError } from '../../contracts/error.ts';
import { nestingLimit } from '../routing/limits.ts';
import { invalidRequest } from '../routing/validate.ts';
import { refusal, unsupportedMediaType } from './errors.ts';

const mediaTypes = ['application/json', 'application/merge-patch+json'] as const;

export function installJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...mediaTypes], { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    if (!isAccepted(request)) throw unsupportedMediaType(request);
    return parseBody(body);
  });
}

/** The value of a body, undefined when it is empty; throws `OB004` with the place of the problem. */
function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw refusal('body', 'is not UTF-8');
  const text = body.toString('utf8');
  if (depthOf(text) > nestingLimit) throw refusal('body', `is nested deeper than ${nestingLimit} levels`);
  const value = parseText(text);
  if (suspicious.test(text)) checkMembers(value);
  return value;
}

/** Escapes and names that need the slow look at every member; most bodies have none. */
const suspicious = /\\u(?:0000|005f|d[89a-f])|__proto__/i;

function isAccepted(request: FastifyRequest): boolean {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const accepted = request.routeOptions.config.route?.accepts ?? ['application/json'];
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  const encoding = request.headers['content-encoding'];
  return (
    accepted.includes(type.trim()) &&
    (charset === undefined || /^charset="?utf-?8"?$/.test(charset)) &&
    (encoding === undefined || encoding === 'identity')
  );
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw notJson(text, cause);
  }
}

/** The engine's own message quotes the text, so only the position is taken from it, where it names one. */
function notJson(text: string, cause: unknown): OmniBaseError {
  const position = /at position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
  const place = position === undefined ? {} : placeOf(text.slice(0, Number(position)));
  return invalidRequest([{ code: 'OB004', severity: 'error', path: 'body', message: 'is not valid JSON', ...place }]);
}

function placeOf(before: string): { line: number; column: number } {
  const lines = before.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Deepest nesting of the text; strings do not count. One pass, no recursion. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return deepest;
}

/** Depth is bounded already, so this may recurse. */
function checkMembers(value: unknown): void {
  if (typeof value === 'string' && (!value.isWellFormed() || value.includes('\u0000'))) {
    throw refusal('body', 'holds a NUL character or broken Unicode');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') throw refusal('body', 'holds the forbidden member name __proto__');
    checkMembers(key);
    checkMembers(member);
  }
}
