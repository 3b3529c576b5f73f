/** What a step of built-ins works on: each file once, with its content if any component reads it. */
import type { PlannedComponent, PlannedStep, StageEntry, StagePlan } from '../../../contracts/stage.ts';
import { findBuiltin } from '../../builtin/catalogue.ts';
import type { BuiltinDefinition, RunFacts } from '../../builtin/definition.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { LoadedFile, StepComponent } from './shards.ts';

export interface LoadedStep {
  readonly components: readonly StepComponent[];
  readonly files: readonly LoadedFile[];
  readonly facts: RunFacts;
}

/** An entry of the step, and what its components together want to know of it. */
interface WantedFile {
  readonly entry: StageEntry;
  readonly position: number;
  content: boolean;
  previousSize: boolean;
}

/** Reads the blobs of a step side by side. @throws OmniBaseError OR014 when one is missing */
export async function loadStep(
  plan: StagePlan,
  step: PlannedStep,
  planned: readonly PlannedComponent[],
  blobs: BlobReader,
): Promise<LoadedStep> {
  const wanted = new Map<number, WantedFile>();
  const components = planned.map((component): StepComponent => {
    const { uuid } = component.component;
    const id = component.entrypoint.kind === 'builtin' ? component.entrypoint.id : '';
    const definition = findBuiltin(id);
    const files = (step.files[uuid] ?? []).flatMap((index) => {
      const entry = plan.entries[index];
      if (entry === undefined) return [];
      const file = wanted.get(index) ?? { entry, position: wanted.size, content: false, previousSize: false };
      wanted.set(index, file);
      if (definition?.reads !== 'size') file.content = true;
      else if (comparesSize(definition, entry, component)) file.previousSize = true;
      return [file.position];
    });
    const inlineAllow = component.enforcement !== 'required';
    return { uuid, id, options: component.options, inlineAllow, together: definition?.together ?? false, files };
  });
  const files = await Promise.all([...wanted.values()].map((file) => loadFile(file, blobs)));
  return { components, files, facts: { merging: plan.snapshot.merge_trees.length > 0 } };
}

/** Options that do not fit are reported by the thread, as the component's error. */
function comparesSize(definition: BuiltinDefinition, entry: StageEntry, component: PlannedComponent): boolean {
  try {
    return definition.comparesSize(entry.size, component.options);
  } catch {
    return false;
  }
}

async function loadFile({ entry, content, previousSize }: WantedFile, blobs: BlobReader): Promise<LoadedFile> {
  const { path, path_bytes, status, kind, types, size, blob, previous_blob } = entry;
  const [bytes, previous_size] = await Promise.all([
    content && status !== 'deleted' ? blobs.read(blob) : null,
    previousSize && previous_blob !== undefined ? blobs.size(previous_blob) : null,
  ]);
  const named = path_bytes === undefined ? { path } : { path, path_bytes };
  return { facts: { ...named, status, kind, types, size, blob, previous_size }, content: bytes };
}
