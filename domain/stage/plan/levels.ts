/** Topological levels: a component runs after everything it needs or asked to follow (stages.md 5). */
import { OmniBaseError } from '../../../contracts/error.ts';
import { nameOf, type SelectedComponent } from '../selection/selected.ts';

/**
 * Uuid → level. 0 depends on nothing; every other level on something of the level before.
 *
 * @throws RG006 with the circle written out: `a@1.0.0 -> b@2.1.0 -> a@1.0.0`
 */
export function levelsOf(selected: readonly SelectedComponent[]): ReadonlyMap<string, number> {
  const byUuid = new Map(selected.map((component) => [component.record.metadata.uuid, component]));
  const levels = new Map<string, number>();
  const trail: string[] = [];

  function visit(uuid: string): number {
    const known = levels.get(uuid);
    if (known !== undefined) return known;
    if (trail.includes(uuid)) throw circle([...trail.slice(trail.indexOf(uuid)), uuid], byUuid);
    trail.push(uuid);
    const before = upstreamOf(byUuid.get(uuid)).filter((upstream) => byUuid.has(upstream));
    const level = Math.max(-1, ...before.map(visit)) + 1;
    trail.pop();
    levels.set(uuid, level);
    return level;
  }

  for (const uuid of byUuid.keys()) visit(uuid);
  return levels;
}

function upstreamOf(component: SelectedComponent | undefined): readonly string[] {
  return component === undefined ? [] : [...component.depends_on, ...component.after];
}

function circle(trail: readonly string[], byUuid: ReadonlyMap<string, SelectedComponent>): OmniBaseError {
  const names = trail.map((uuid) => {
    const component = byUuid.get(uuid);
    return component === undefined ? uuid : nameOf(component.record);
  });
  return new OmniBaseError('RG006', { details: { path: names.join(' -> ') } });
}
