/** Cutting a step of built-ins into shares of about equal weight, one per thread. */
import type { FileFacts, RunFacts } from '../../builtin/definition.ts';
import type { ShardComponent, ShardFile } from './messages.ts';

/** A file of the step with what was read of it. */
export interface LoadedFile {
  readonly facts: FileFacts;
  /** Null when no component reads its content. */
  readonly content: Buffer | null;
}

/** A component of the step; `files` are indexes into the loaded files, in the order of their paths. */
export type StepComponent = Omit<ShardComponent, 'files'> & {
  readonly files: readonly number[];
  /** It compares files with each other, so one thread must see them all. */
  readonly together: boolean;
};

/** What one thread gets; content is copied out of the loaded files when it is sent. */
export interface Shard {
  readonly components: readonly ShardComponent[];
  readonly files: readonly LoadedFile[];
  readonly facts: RunFacts;
}

/** Below this a second thread costs more than it saves, bytes times components. */
const worthSharing = 256 * 1024;

/** At most `count` shards; a component is in each shard that has files of it. */
export function cutShards(
  components: readonly StepComponent[],
  files: readonly LoadedFile[],
  facts: RunFacts,
  count: number,
): Shard[] {
  const uses = files.map(() => 0);
  for (const component of components) for (const index of component.files) uses[index] = (uses[index] ?? 0) + 1;
  const weights = files.map(({ content }, index) => ((content?.length ?? 0) + 512) * (uses[index] ?? 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const wanted = total < worthSharing ? 1 : count;
  const placed = distribute(weights, wanted);
  return Array.from({ length: wanted }, (_, shard) => buildShard(components, files, facts, placed, shard)).filter(
    (shard) => shard.components.length > 0,
  );
}

/** The heaviest first, each to the lightest shard so far. */
function distribute(weights: readonly number[], count: number): number[] {
  const loads = Array.from({ length: count }, () => 0);
  const placed = weights.map(() => 0);
  const byWeight = weights.map((weight, index) => ({ weight, index })).sort((a, b) => b.weight - a.weight);
  for (const { weight, index } of byWeight) {
    const lightest = loads.indexOf(Math.min(...loads));
    loads[lightest] = (loads[lightest] ?? 0) + weight;
    placed[index] = lightest;
  }
  return placed;
}

function buildShard(
  components: readonly StepComponent[],
  files: readonly LoadedFile[],
  facts: RunFacts,
  placed: readonly number[],
  shard: number,
): Shard {
  const chosen: LoadedFile[] = [];
  const position = new Map<number, number>();
  const place = (index: number) => {
    const known = position.get(index);
    const file = files[index];
    if (known !== undefined || file === undefined) return known ?? 0;
    position.set(index, chosen.length);
    chosen.push(file);
    return chosen.length - 1;
  };
  const mine = components.flatMap(({ together, files: all, ...component }) => {
    const indexes = together ? (shard === 0 ? all : []) : all.filter((index) => placed[index] === shard);
    // Without any file it still gives its answer, from the first shard.
    if (indexes.length === 0 && !(shard === 0 && all.length === 0)) return [];
    return [{ ...component, files: indexes.map(place) }];
  });
  return { components: mine, files: chosen, facts };
}

/** The message form of a shard: all contents in one buffer of its own, which goes to the thread without a copy. */
export function packShard({ files }: Shard): { readonly files: ShardFile[]; readonly content: ArrayBuffer } {
  const length = files.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
  const buffer = new ArrayBuffer(length);
  const bytes = Buffer.from(buffer);
  let offset = 0;
  const packed = files.map(({ facts, content }) => {
    if (content === null) return { ...facts, content: null };
    const place = { offset, length: content.length };
    content.copy(bytes, offset);
    offset += content.length;
    return { ...facts, content: place };
  });
  return { files: packed, content: buffer };
}
