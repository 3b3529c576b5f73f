/** The replacement a deprecated component names must exist, be another one, and not be archived (registry.md 3). */
import type { ComponentMetadata } from '../../contracts/component.ts';
import type { WriteView } from '../../db/stores/components/write-component.ts';
import { candidatesOf, selectByPath, selectByUuid } from '../../db/stores/components/find-by-path.ts';
import { validationError } from '../../domain/component/validation-error.ts';
import { pickVersion } from '../../domain/versions/pick-version.ts';
import { matchPath, parseReference } from '../../domain/versions/reference.ts';
import { parseVersionSpec } from '../../domain/versions/version-spec.ts';

/** @throws LC005 */
export async function checkReplacement(view: WriteView, metadata: ComponentMetadata): Promise<void> {
  const { deprecated_by, lifecycle, uuid } = metadata;
  if (lifecycle !== 'deprecated' || deprecated_by === undefined) return;
  const found = await findReplacement(view, deprecated_by);
  if (found === null) throw refusal(`nothing that could be used is registered as ${deprecated_by}`);
  if (found === uuid) throw refusal('a component cannot replace itself');
}

async function findReplacement(view: WriteView, ref: string): Promise<string | null> {
  const reference = parseReference(ref);
  if (reference.kind === 'uuid') {
    const [candidate] = candidatesOf(await view.query(selectByUuid(reference.uuid)));
    return candidate === undefined || candidate.lifecycle === 'archived' ? null : candidate.uuid;
  }
  const candidates = candidatesOf(await view.query(selectByPath(reference.path, reference.type)));
  const match = matchPath(reference, candidates);
  const spec = reference.spec ?? parseVersionSpec('latest');
  return match === null ? null : (pickVersion(match.candidates, spec).chosen?.uuid ?? null);
}

function refusal(message: string): Error {
  return validationError([{ code: 'LC005', severity: 'error', path: 'deprecated_by', message }]);
}
