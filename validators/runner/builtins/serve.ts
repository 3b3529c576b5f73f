/** The work of one thread: a share comes in, an answer per component goes out. */
import { parentPort } from 'node:worker_threads';
import { OmniBaseError } from '../../../contracts/error.ts';
import { findBuiltin } from '../../builtin/catalogue.ts';
import { type CheckedFile, checkedFile } from '../../builtin/checked-file.ts';
import type { BuiltinDefinition } from '../../builtin/definition.ts';
import { runBuiltin } from '../../builtin/run-builtin.ts';
import { ShardClock, type ShardComponent, type ShardFile, type ShardRequest, type ShardResponse } from './messages.ts';

/** Answers shares with the built-ins of a catalogue until the host ends the thread. */
export function serveBuiltins(catalogue: readonly BuiltinDefinition[]): void {
  parentPort?.on('message', (request: ShardRequest) => {
    const clock = new ShardClock(request.clock);
    const files = request.files.map((file) => checkedFile(file, contentOf(file, request)));
    for (const [index, component] of request.components.entries()) {
      clock.begin(index);
      // A port of a thread has no origin.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      parentPort?.postMessage(answer(catalogue, component, files, request));
    }
  });
}

function answer(
  catalogue: readonly BuiltinDefinition[],
  component: ShardComponent,
  files: readonly CheckedFile[],
  { facts }: ShardRequest,
): ShardResponse {
  const started = performance.now();
  const outcome = (): ShardResponse['outcome'] => {
    try {
      const definition = findBuiltin(component.id, catalogue);
      if (definition === undefined) throw unknownBuiltin(component.id);
      const own = component.files.flatMap((index) => files[index] ?? []);
      return runBuiltin(definition, { ...component, facts }, own);
    } catch (error) {
      // A defect of one check is that component's error; the others go on.
      return { error: asError(component.id, error).toBody() };
    }
  };
  return { uuid: component.uuid, outcome: outcome(), duration_ms: performance.now() - started };
}

function asError(id: string, error: unknown): OmniBaseError {
  if (error instanceof OmniBaseError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new OmniBaseError('NE001', { details: { component: id, reason } });
}

function unknownBuiltin(id: string): OmniBaseError {
  return new OmniBaseError('NE006', { details: { component: id, entrypoint: `builtin:${id}` } });
}

function contentOf(file: ShardFile, { content }: ShardRequest): Buffer {
  return file.content === null ? Buffer.alloc(0) : Buffer.from(content, file.content.offset, file.content.length);
}
