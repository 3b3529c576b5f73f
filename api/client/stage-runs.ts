/** `StageRunsApi` over the gateway: NDJSON streams that survive breaks, and plain calls. */
import { OmniBaseError } from '../../contracts/error.ts';
import {
  type AttachOptions,
  instanceHeader,
  type RunOptions,
  type StageRunsApi,
  type StreamErrorLine,
} from '../../contracts/gateway.ts';
import type {
  RunReport,
  RunState,
  StageEvent,
  StagePlan,
  StageRunRequest,
  StageRunSummary,
} from '../../contracts/stage.ts';
import { dataOf, objectOf } from './answers.ts';
import { fromNetwork, notAGateway, notInTime } from './failures.ts';
import type { StreamPosition } from './merge-streams.ts';
import { readNdjson } from './ndjson.ts';
import { type DialedStream, resumeStream } from './resume.ts';
import type { HttpCall } from './http-call.ts';
import type { OpenAnswer, Transport } from './transport.ts';

export interface StageRunClientOptions {
  /** How long a broken stream is dialled again, ms. */
  readonly redialMs: number;
  /** Silence after which a stream counts as broken, ms; the gateway sends a line at least every 15 s. */
  readonly silenceMs: number;
}

const base = '/api/v1/stage-runs';

export function stageRunsOver(transport: Transport, options: StageRunClientOptions): StageRunsApi {
  const open = (call: HttpCall) => dialStream(transport, call, options.silenceMs);
  const path = (id: string, rest = '') => `${base}/${encodeURIComponent(id)}${rest}`;

  return {
    run(request: StageRunRequest, { signal, after_seq }: RunOptions) {
      const common = { signal, correlationId: request.correlation_id };
      const dial = (position: StreamPosition, contacted: boolean) =>
        contacted
          ? open({
              ...common,
              method: 'GET',
              path: path(request.run_id, '/events'),
              query: { ...queryOf(position), owner: request.attached },
            })
          : open({ ...common, method: 'POST', path: base, query: queryOf(position), body: request });
      return resumeStream(dial, { signal, afterSeq: after_seq, redialMs: options.redialMs });
    },
    attach(runId: string, { signal, after_seq, owner }: AttachOptions) {
      const dial = (position: StreamPosition) =>
        open({ method: 'GET', path: path(runId, '/events'), query: { ...queryOf(position), owner }, signal });
      return resumeStream(dial, { signal, afterSeq: after_seq, redialMs: options.redialMs });
    },
    async plan(request, { signal }) {
      const call = {
        method: 'POST',
        path: `${base}/plan`,
        body: request,
        signal,
        correlationId: request.correlation_id,
      } as const;
      return objectOf(await transport.json(call), transport.address) as StagePlan;
    },
    async cancel(runId, command) {
      const answer = await transport.json({ method: 'POST', path: path(runId, '/cancel'), body: command });
      return dataOf(answer, transport.address) as { readonly state: RunState };
    },
    async show(id) {
      return objectOf(await transport.json({ method: 'GET', path: path(id) }), transport.address) as RunReport;
    },
    async list(filter) {
      const answer = await transport.json({ method: 'GET', path: base, query: { ...filter } });
      return dataOf(answer, transport.address) as readonly StageRunSummary[];
    },
  };
}

function queryOf({ after_seq, instance }: StreamPosition): Record<string, string | number | undefined> {
  return { after_seq: after_seq === 0 ? undefined : after_seq, instance };
}

async function dialStream(transport: Transport, call: HttpCall, silenceMs: number): Promise<DialedStream> {
  const answer = await transport.stream(call);
  const instance = answer.response.headers[instanceHeader];
  if (typeof instance !== 'string') {
    answer.response.destroy();
    answer.release();
    throw notAGateway(transport.address, 'it does not name its instance');
  }
  return { instance, events: eventsOf(answer, transport.address, silenceMs) };
}

/** Lines of one connection; the connection is closed when the reader stops. */
async function* eventsOf(answer: OpenAnswer, address: string, silenceMs: number): AsyncGenerator<StageEvent | null> {
  const { response } = answer;
  let silent = false;
  const silence = setTimeout(() => {
    silent = true;
    response.destroy();
  }, silenceMs);
  response.on('data', () => silence.refresh());
  try {
    for await (const line of readNdjson(response as AsyncIterable<Buffer>)) yield eventOf(line, address);
  } catch (cause) {
    if (silent) throw notInTime(address, silenceMs);
    throw (
      answer.endedBy() ??
      (cause instanceof SyntaxError ? notAGateway(address, 'its events are not JSON') : fromNetwork(cause, address))
    );
  } finally {
    clearTimeout(silence);
    answer.release();
    response.destroy();
  }
}

function eventOf(line: unknown, address: string): StageEvent | null {
  if (line === null) return null;
  const value = objectOf(line, address) as StageEvent | StreamErrorLine;
  if (value.type === 'stream.error') throw OmniBaseError.fromBody(value.error);
  return value;
}
