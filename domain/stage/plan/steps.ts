/**
 * From components and their files to steps (stages.md 4.4, 5): built-ins of one level share a step per batch, so that
 * each blob is read once; whatever has its own process has its own step. Pure: equal inputs give equal steps.
 */
import type { PlannedComponent, PlannedStep, StageEntry } from '../../../contracts/stage.ts';
import { compareUtf8 } from '../../text/bytes.ts';
import type { SplitPath } from '../paths.ts';
import { batchLimits, cutBatches, type FileSize } from './batches.ts';

/** A component with the indexes of its files, sorted by path bytes. */
export interface Workload {
  readonly planned: PlannedComponent;
  readonly files: readonly number[];
  /** 0-100, higher goes first. */
  readonly priority: number;
}

/** Components that run together, and the batches they run on. */
interface Group {
  readonly kind: PlannedStep['kind'];
  readonly members: readonly Workload[];
  readonly batches: readonly (readonly number[])[];
}

/** What each entry adds to a batch. */
export function sizesOf(entries: readonly StageEntry[], paths: readonly SplitPath[]): readonly FileSize[] {
  // `./` before and NUL after each name.
  return entries.map(({ size }, index) => ({ index, bytes: size, argvBytes: (paths[index]?.bytes.length ?? 0) + 3 }));
}

/**
 * Steps of a plan in order: by level, then the order of stages.md 5, then batch.
 *
 * @param sizes from `sizesOf`, one per entry
 * @param factor how much larger than normal batches may be, 1 or more
 */
export function layOutSteps(
  workloads: readonly Workload[],
  sizes: readonly FileSize[],
  factor: number,
  deadlineMs: number,
): readonly PlannedStep[] {
  const busy = workloads.filter(({ files }) => files.length > 0).toSorted(byLevelAndRank);
  const upstream = new Set(busy.flatMap(({ planned }) => planned.depends_on ?? []));
  const groups = groupTogether(busy, upstream).flatMap((members) => batchGroup(members, sizes, factor));
  return groups.flatMap(stepsOf).map((step, index) => ({
    ...step,
    id: `s${index + 1}`,
    timeout_ms: Math.min(step.timeout_ms, deadlineMs),
  }));
}

/**
 * Groups in the order of their first member. Built-ins share a group unless they wait for different components, or
 * others wait for them: the result of a step then is the result of the one component that matters.
 */
function groupTogether(
  workloads: readonly Workload[],
  upstream: ReadonlySet<string>,
): readonly (readonly Workload[])[] {
  const groups = new Map<string, Workload[]>();
  for (const workload of workloads) {
    const { component, entrypoint, level, depends_on = [] } = workload.planned;
    const alone = entrypoint.kind !== 'builtin' || upstream.has(component.uuid);
    const key = JSON.stringify(alone ? [component.uuid] : [level, ...depends_on]);
    groups.set(key, [...(groups.get(key) ?? []), workload]);
  }
  return [...groups.values()];
}

function batchGroup(members: readonly Workload[], sizes: readonly FileSize[], factor: number): readonly Group[] {
  const kind: Group['kind'] = members.every(({ planned }) => planned.entrypoint.kind === 'builtin')
    ? 'builtins'
    : 'command';
  const divisible = members.filter(({ planned }) => planned.scope !== 'project');
  const whole = members.filter(({ planned }) => planned.scope === 'project');
  const limits = batchLimits(factor, members.some(takesFileNames));
  const united = unite(divisible, sizes.length);
  const batches = cutBatches(
    united.flatMap((index) => sizes[index] ?? []),
    limits,
  );
  // A component of project scope sees all its files at once: beside the others where they fit into one batch.
  if (batches.length <= 1) return [{ kind, members, batches: [unite(members, sizes.length)] }];
  const cut: Group = { kind, members: divisible, batches };
  return whole.length === 0 ? [cut] : [cut, { kind, members: whole, batches: [unite(whole, sizes.length)] }];
}

function stepsOf({ kind, members, batches }: Group): readonly Omit<PlannedStep, 'id'>[] {
  const idempotent = members.every(({ planned }) => planned.idempotent);
  const lists = members.map(({ planned, files }) =>
    distribute(files, batches).map((part) => [planned.component.uuid, part] as const),
  );
  return batches.map((_, index) => {
    const files = lists.flatMap((parts) => parts.slice(index, index + 1)).filter(([, part]) => part.length > 0);
    return {
      kind,
      level: members[0]?.planned.level ?? 0,
      batch: index + 1,
      batches: batches.length,
      files: Object.fromEntries(files),
      timeout_ms: members.reduce((total, { planned }) => total + planned.timeout_ms, 0),
      // A step that must not run twice is never retried; results that are stored are never computed again.
      attempts: idempotent ? Math.max(...members.map(({ planned }) => planned.attempts)) : 1,
      idempotent,
    };
  });
}

/** The files of one member batch by batch: batches are consecutive, so one walk along both is enough. */
function distribute(files: readonly number[], batches: readonly (readonly number[])[]): readonly (readonly number[])[] {
  let from = 0;
  return batches.map((batch) => {
    const last = batch.at(-1) ?? -1;
    const start = from;
    while (from < files.length && (files[from] ?? 0) <= last) from += 1;
    return files.slice(start, from);
  });
}

/** Files of any member. Indexes follow path bytes, so their order is the order of paths. */
function unite(members: readonly Workload[], entries: number): readonly number[] {
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) return only.files;
  // Marking costs a tenth of a set: the lists of many members are long and overlap.
  const wanted = new Uint8Array(entries);
  for (const { files } of members) for (const file of files) wanted[file] = 1;
  const united: number[] = [];
  for (const [file, mark] of wanted.entries()) if (mark === 1) united.push(file);
  return united;
}

function takesFileNames({ planned }: Workload): boolean {
  const { entrypoint } = planned;
  return entrypoint.kind === 'command' && entrypoint.args.some((argument) => argument.includes('{files}'));
}

const classOrder = { fast: 0, standard: 1, heavy: 2 } as const;

function byLevelAndRank(a: Workload, b: Workload): number {
  const [first, second] = [a.planned, b.planned];
  return (
    first.level - second.level ||
    Number(second.enforcement === 'required') - Number(first.enforcement === 'required') ||
    classOrder[first.performance ?? 'standard'] - classOrder[second.performance ?? 'standard'] ||
    b.priority - a.priority ||
    compareUtf8(first.component.name, second.component.name) ||
    compareUtf8(first.component.uuid, second.component.uuid)
  );
}
