/** Sends anything to every route: never a 500, always the error body, always a correlation id. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { errorAnswerSchema } from '../../../../api/schemas/answers.ts';
import type { Gateway } from '../../../../api/server.ts';
import { authorization } from './gateway.ts';
import { exampleUuid } from './memory-registry.ts';
import { exampleRequest } from './memory-stage-runs.ts';

const nasty = fc.constantFrom(
  exampleUuid,
  'last',
  '..',
  '../../etc/passwd',
  '%00',
  '%',
  '%zz',
  '%u0041',
  '\\',
  "' or 1=1 --",
  '$(id)',
  '<script>',
  '🦉',
  'é',
  'NaN',
  'null',
  '-0',
  '1e309',
  '9'.repeat(400),
  'true',
  '[]',
  '{}',
  ':',
  '@',
  '*',
  'validator:a/b@^1',
);
const text = fc.oneof(nasty, fc.string({ maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 10 }));
const known = [
  'tag',
  'any_tag',
  'type',
  'lifecycle',
  'status',
  'text',
  'name_pattern',
  'view',
  'sort',
  'limit',
  'cursor',
  'with_total',
  'version_spec',
  'include_prerelease',
  'max_stale_ms',
  'strict',
  'dry_run',
  'force',
  'reason',
  'source_kind',
  'source_ref',
  'hard',
  'stage',
  'state',
  'verdict',
  'repo_id',
  'after_seq',
  'instance',
  'owner',
  'node_type',
  'name_prefix',
  'intent',
  'protocol',
  'contract_type',
  'capability',
  'topic',
  'direction',
  'overdue',
  'flapping',
  'updated_since',
  'domain',
  'since_id',
  'wait',
];
const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: text });
const query = fc.array(fc.tuple(name, text), { maxLength: 4 });
const headerNames = [
  'if-match',
  'idempotency-key',
  'x-correlation-id',
  'x-deadline-ms',
  'if-none-match',
  'content-type',
  'content-encoding',
  'accept',
  'range',
  'expect',
];
const headerValue = fc.oneof(
  fc.constantFrom(
    '"1"',
    '*',
    'W/"1"',
    '0',
    '1',
    '-1',
    'application/json',
    'application/merge-patch+json',
    'text/plain',
    'gzip',
    'bytes=0-1',
  ),
  fc.string({ maxLength: 20 }).map((given) => given.replaceAll(/[^ -~]/g, '')),
);
const headers = fc.dictionary(fc.constantFrom(...headerNames), headerValue, { maxKeys: 3 });

/** A valid request with one member replaced, so that fuzzing gets behind the first check. */
const spoiled = fc
  .tuple(
    fc.constantFrom('run_id', 'stage', 'snapshot', 'options', 'correlation_id', 'attached', 'extra'),
    fc.jsonValue(),
  )
  .map(([member, value]) => JSON.stringify({ ...exampleRequest(), [member]: value }));
const body = fc.oneof(
  fc.constant(undefined),
  fc.json(),
  fc.string({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  spoiled,
  fc.constant(JSON.stringify({ full: true, command_id: 'c', reason: 'r' })),
);
/** A valid document with one member replaced by anything. */
function spoiledDocument(document: object): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...Object.keys(document), 'extra'), fc.jsonValue())
    .map(([member, value]) => JSON.stringify({ ...document, [member]: value }));
}

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');

/** @param documents further bodies worth spoiling */
export async function fuzzGateway(gateway: Gateway, runs: number, documents: readonly object[] = []): Promise<void> {
  const paths = gateway.routes.map(({ path }) => path);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths, '/api/v1/:any', '/:any'),
      text,
      fc.boolean(),
      method,
      query,
      headers,
      fc.oneof(body, ...documents.map(spoiledDocument)),
      async (path, parameter, encoded, verb, terms, extra, payload) => {
        const segment = encoded
          ? encodeURIComponent(parameter.toWellFormed())
          : parameter.replaceAll(/[^!-~]|[#?/\\]/g, '');
        const search = terms
          .map((pair) => pair.map((part) => encodeURIComponent(part.toWellFormed())).join('='))
          .join('&');
        const answer = await gateway.inject({
          method: verb as 'GET',
          url: `${path.replaceAll(/:\w+/g, segment)}?${search}`,
          headers: { 'content-type': 'application/json', ...extra, authorization },
          ...(payload === undefined ? {} : { payload }),
        });
        expect(answer.statusCode).toBeGreaterThanOrEqual(200);
        // 504 is the answer to a deadline of one millisecond.
        if (answer.statusCode !== 504) expect(answer.statusCode).toBeLessThan(500);
        expect(String(answer.headers['x-correlation-id'])).toMatch(/^[!-~]{1,128}$/);
        if (answer.statusCode >= 400 && verb !== 'HEAD') errorAnswerSchema.parse(answer.json());
      },
    ),
    { numRuns: runs, interruptAfterTimeLimit: 8000 },
  );
}
