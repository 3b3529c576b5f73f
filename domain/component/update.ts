/**
 * What a merge patch does to a component (registry.md 5.3, 3): pure planning, so that command line, service and
 * dry run agree. The caller holds the row, compares revisions and writes.
 */
import { documentLimits } from '../../contracts/component-values.ts';
import type { ComponentMetadata } from '../../contracts/component.ts';
import { type ErrorCode, type Issue, OmniBaseError } from '../../contracts/error.ts';
import { inspectJson } from '../json/inspect.ts';
import { applyMergePatch, changedPaths } from '../json/merge-patch.ts';
import { describeValue, isJsonObject } from '../json/values.ts';
import { frozenChanges, immutableChanges, immutableFields } from '../lifecycle/frozen-fields.ts';
import { fieldsLostOnLeaving } from '../lifecycle/requirements.ts';
import { checkTransition, type TransitionOutcome } from '../lifecycle/transitions.ts';
import { capabilitiesKey, fieldSynonyms, renamedFields } from './fields/names.ts';
import { fieldReaders } from './fields/table.ts';
import { Problems } from './reading/problems.ts';
import type { Surroundings } from './document/cross-rules.ts';
import { withoutDefaults } from './fingerprint.ts';
import { normalise } from './normalise.ts';
import { validationError } from './validation-error.ts';

export interface UpdateContext extends Surroundings {
  readonly strict?: boolean | undefined;
  /** Change frozen fields all the same; needs `admin`. */
  readonly force?: boolean | undefined;
  /** Whether the caller holds the capability `admin`. */
  readonly admin?: boolean | undefined;
  readonly reason?: string | undefined;
}

export interface PlannedUpdate {
  readonly metadata: ComponentMetadata;
  /** Dotted paths that change; empty means: write nothing. */
  readonly changed: readonly string[];
  readonly transition: TransitionOutcome;
  /** Frozen fields changed by force, for the audit. */
  readonly forced: readonly string[];
  readonly warnings: readonly Issue[];
}

/**
 * The model after a patch, with every rule of an update checked.
 *
 * @throws {OmniBaseError} SC004 patch is no object; SC009 synonym; RG012 immutable or frozen; LC003, SX001 transition;
 * and every code of `normalise`
 */
export function planUpdate(current: ComponentMetadata, patch: unknown, context: UpdateContext = {}): PlannedUpdate {
  const members = checkPatch(patch);
  refuseIdentity(current, members);
  // Defaults are filled in again afterwards, so that one that depends on another field follows it.
  const merged = applyMergePatch(withoutDefaults(current), members);
  const target = isJsonObject(merged) ? merged : {};
  const { metadata, issues } = normalise(clearLeftLifecycle(current, target, members), context);
  if (metadata === null) throw validationError(issues);
  return judge(current, metadata, issues, context);
}

/**
 * Checks the change from one model to another under the rules of an update; also for a full replacement by `force`.
 *
 * @throws {OmniBaseError} RG012, LC003, SX001, SC003
 */
export function judge(
  current: ComponentMetadata,
  next: ComponentMetadata,
  issues: readonly Issue[],
  context: UpdateContext,
): PlannedUpdate {
  const immutable = immutableChanges(current, next);
  if (immutable.length > 0) throw immutableError(immutable, fixedIdentity);
  const transition = checkTransition(current.lifecycle, next.lifecycle, {
    admin: context.admin === true,
    reason: context.reason,
  });
  const frozen = frozenChanges(current, next);
  if (frozen.length > 0) allowForce(frozen, current, context);
  return { metadata: next, changed: changedPaths(current, next), transition, forced: frozen, warnings: issues };
}

function checkPatch(patch: unknown): { readonly [key: string]: unknown } {
  const { value, hazards } = inspectJson(patch, documentLimits);
  if (hazards.length > 0) throw validationError(normalise(patch).issues);
  if (!isJsonObject(value)) {
    throw refusePatch('SC004', [{ path: '', message: `a patch is a mapping, not ${describeValue(value)}` }]);
  }
  const synonyms: Readonly<Record<string, string>> = {
    ...fieldSynonyms,
    ...renamedFields,
    [capabilitiesKey]: 'capabilities_required or provides',
  };
  const used = Object.keys(value).filter((key) => Object.hasOwn(synonyms, key));
  if (used.length === 0) return value;
  throw refusePatch(
    'SC009',
    used.map((path) => ({ path, message: `a patch uses the name ${String(synonyms[path])}` })),
  );
}

function refusePatch(
  code: ErrorCode,
  found: readonly { readonly path: string; readonly message: string }[],
): OmniBaseError {
  return validationError(found.map(({ path, message }) => ({ code, severity: 'error', path, message })));
}

/**
 * Said before the document is validated: a patch that removes `uuid` touches what is fixed, it does not forget it. A
 * member that repeats the stored value, in whatever spelling, is no change.
 */
function refuseIdentity(current: ComponentMetadata, patch: { readonly [key: string]: unknown }): void {
  const moved = immutableFields.filter((field) => {
    if (!Object.hasOwn(patch, field)) return false;
    const unheard = { path: [field], problems: new Problems() };
    return patch[field] === null
      ? current[field] !== undefined
      : fieldReaders[field](patch[field], unheard) !== current[field];
  });
  if (moved.length > 0) throw immutableError(moved, fixedIdentity);
}

const fixedIdentity = 'what identifies a component never changes';

/** Leaving a lifecycle takes its fields along, unless the same patch sets them. */
function clearLeftLifecycle(
  current: ComponentMetadata,
  target: { readonly [key: string]: unknown },
  patch: { readonly [key: string]: unknown },
): { readonly [key: string]: unknown } {
  const stays = target['lifecycle'] === current.lifecycle;
  const cleared = stays ? [] : fieldsLostOnLeaving(current.lifecycle);
  return Object.fromEntries(
    Object.entries(target).filter(([key]) => !cleared.includes(key) || Object.hasOwn(patch, key)),
  );
}

function allowForce(frozen: readonly string[], current: ComponentMetadata, context: UpdateContext): void {
  if (context.force !== true) {
    throw immutableError(frozen, `these fields are fixed from canary on, and the component is ${current.lifecycle}`);
  }
  if (context.admin === true) return;
  throw new OmniBaseError('SX001', {
    message: `changing ${frozen.join(', ')} by force needs the capability admin`,
    details: { capability: 'admin', fields: frozen },
  });
}

function immutableError(fields: readonly string[], reason: string): OmniBaseError {
  return new OmniBaseError('RG012', {
    message: `${fields.join(', ')} cannot be changed: ${reason}`,
    details: { fields },
    issues: fields.map((path) => ({ code: 'RG012', severity: 'error', path, message: reason })),
  });
}
