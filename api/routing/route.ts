/**
 * What a route is here: one frozen description that carries everything the gateway does with it. Mounting,
 * validation, capability check, metrics and the OpenAPI document all read the same object, so none of them
 * can disagree with another. Handlers are plain functions from checked input to an answer; they never see
 * Fastify.
 */
import { z } from 'zod';
import type { ErrorCode } from '../../contracts/error.ts';
import type { Capability } from '../../contracts/gateway.ts';
import type { CallContext } from '../../contracts/registry.ts';
import type { StageEvent } from '../../contracts/stage.ts';
import type { SseSource } from './sse.ts';
import { checkInput, type PartCodes, type RawInput, type RouteInput } from './validate.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** `public` needs no principal, `known` any principal, a capability that very capability. */
type Access = 'public' | 'known' | Capability;

/** What a handler answers: a document, a text, nothing but a status, or a stream of events. */
export type Answer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: 204 | 304; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: number; readonly text: string; readonly type: string }
  | { readonly events: AsyncIterable<StageEvent> }
  | { readonly sse: SseSource };

export interface ResponseDescription {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Media type, `application/json` when absent. */
  readonly type?: string;
}

export interface RouteSchemas<P extends z.ZodType, Q extends z.ZodType, H extends z.ZodType, B extends z.ZodType> {
  readonly params?: P;
  readonly query?: Q;
  /** Only the headers the handler reads, in lower case; others pass unseen. */
  readonly headers?: H;
  readonly body?: B;
}

interface RouteFacts {
  readonly method: Method;
  /** Fastify path, parameters as `:name`. */
  readonly path: string;
  /** Dotted operation id: OpenAPI, logs, metrics. */
  readonly operation: string;
  readonly summary: string;
  readonly access: Access;
  /** The service checks the capability itself, with the resource and an audit row; the gateway then does not. */
  readonly checkedByService?: true;
  readonly responses: Readonly<Record<number, ResponseDescription>>;
  /** Largest body in bytes; 64 KiB when absent. */
  readonly bodyLimit?: number;
  /** Media types of the body; `application/json` when absent. */
  readonly accepts?: readonly string[];
  /** Codes for what is wrong with a part of the input; `OB004` when absent. */
  readonly codes?: PartCodes;
  /** Statuses of errors that differ here from the catalogue. */
  readonly errorStatus?: Readonly<Partial<Record<ErrorCode, number>>>;
  /** The body as the document shows it, where the handler checks it by other means than its schema. */
  readonly documentedBody?: z.ZodType;
}

/** A route as the gateway holds it: its facts, its schemas for the document, and the checked call. */
export interface Route extends RouteFacts {
  readonly schemas: { readonly [Part in keyof RawInput]?: z.ZodType };
  /** Checks every part of the input (`OB004` or the route's own code, with all issues), then calls the handler. */
  run(raw: RawInput, call: CallContext): Promise<Answer>;
}

const nothing = z.strictObject({});
const anyHeaders = z.object({});
const noBody = z.undefined({ error: 'this route takes no body' });

/** Makes a route; a part without a schema must be empty (headers excepted). */
export function defineRoute<
  P extends z.ZodType = typeof nothing,
  Q extends z.ZodType = typeof nothing,
  H extends z.ZodType = typeof anyHeaders,
  B extends z.ZodType = typeof noBody,
>(
  definition: RouteFacts & {
    readonly input?: RouteSchemas<P, Q, H, B>;
    readonly handle: (
      input: RouteInput<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>,
      call: CallContext,
    ) => Promise<Answer> | Answer;
  },
): Route {
  const { input: schemas = {}, handle, ...facts } = definition;
  const complete = { params: nothing, query: nothing, headers: anyHeaders, body: noBody, ...schemas };
  const { documentedBody: body } = facts;
  return Object.freeze({
    ...facts,
    schemas: body === undefined ? schemas : { ...schemas, body },
    async run(raw: RawInput, call: CallContext) {
      const input = checkInput(complete, raw, facts.codes);
      return handle(input as RouteInput<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>, call);
    },
  });
}
