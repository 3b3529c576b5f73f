/** Takes the snapshot of a run in the environment the command was called in (stages.md 4.1). */
import type { StageSnapshot } from '../../contracts/stage.ts';
import type { PresetStage } from '../../domain/stage/presets.ts';
import type { CommandContext } from '../command.ts';
import type { OrchOptions } from './request.ts';

/** @throws OR010 to OR015, see `validators/git/snapshot.ts` */
export async function takeStageSnapshot(
  { io }: CommandContext,
  stage: PresetStage,
  options: OrchOptions,
  files: readonly string[] | undefined,
): Promise<StageSnapshot> {
  const [{ takeSnapshot }, { resolvePaths }] = await Promise.all([
    import('../../validators/git/snapshot.ts'),
    import('../../local/paths.ts'),
  ]);
  return takeSnapshot({
    directory: io.cwd,
    environment: { ...io.env },
    stage,
    fromRef: options.fromRef,
    toRef: options.toRef,
    allFiles: options.allFiles,
    files,
    cacheDirectory: resolvePaths({ ...io.env }).cache_dir,
  });
}
