/** Rules that compare fields of one document with each other (registry.md 2.3-2.6, 3). */
import type { ComponentMetadata, Edge } from '../../../contracts/component.ts';
import { quote } from '../../json/values.ts';
import { isFrozen } from '../../lifecycle/frozen-fields.ts';
import { missingForLifecycle } from '../../lifecycle/requirements.ts';
import { nearest } from '../../text/nearest.ts';
import { satisfies } from '../../versions/interval.ts';
import { parseVersionSpec } from '../../versions/version-spec.ts';
import { fail, inside, type Place } from '../reading/place.ts';
import { namespaceAllowed } from './namespaces.ts';

export interface Surroundings {
  /** Globs of `registry.namespaces.allow`; default all. */
  readonly namespaces?: readonly string[] | undefined;
  /** Ids of the built-ins of this release; without it any id passes. */
  readonly builtins?: readonly string[] | undefined;
}

/** Checks what can be checked of the fields that were read; absent ones were reported already. */
export function checkAcrossFields(fields: Partial<ComponentMetadata>, around: Surroundings, at: Place): void {
  checkNamespace(fields, around, at);
  checkLifecycle(fields, at);
  checkRetries(fields, at);
  checkLineage(fields, at);
  checkDependencies(fields, at);
  checkBuiltin(fields, around, at);
}

function checkNamespace({ namespace }: Partial<ComponentMetadata>, around: Surroundings, at: Place): void {
  const { namespaces } = around;
  if (namespace === undefined || namespaces === undefined || namespaceAllowed(namespace, namespaces)) return;
  fail(inside(at, 'namespace'), 'MD008', `the namespace ${quote(namespace)} is not allowed here`, () => ({
    expected: namespaces.join(', '),
    received: namespace,
  }));
}

function checkLifecycle(fields: Partial<ComponentMetadata>, at: Place): void {
  const { lifecycle, description } = fields;
  if (lifecycle === undefined) return;
  for (const { code, path, message } of missingForLifecycle({ ...fields, lifecycle }))
    fail(inside(at, path), code, message);
  if (isFrozen(lifecycle) && description === undefined) {
    at.problems.warn(
      'LC002',
      inside(at, 'description').path,
      `a component that is ${lifecycle} should have a description`,
    );
  }
}

function checkRetries({ retries = 0, idempotent }: Partial<ComponentMetadata>, at: Place): void {
  if (retries === 0 || idempotent !== false) return;
  fail(inside(at, 'retries'), 'SC002', 'only an idempotent component can be retried', () => ({
    hint: 'set idempotent: true, or retries: 0',
  }));
}

function checkLineage(fields: Partial<ComponentMetadata>, at: Place): void {
  const { uuid } = fields;
  if (uuid === undefined) return;
  const own = 'a component cannot be its own relative';
  for (const name of ['parent_id', 'produced_by'] as const)
    if (fields[name] === uuid) fail(inside(at, name), 'RG006', own);
  for (const name of ['child_ids', 'referenced_artifacts'] as const) {
    if (fields[name]?.includes(uuid) === true) fail(inside(at, name), 'RG006', own);
  }
}

function checkDependencies(fields: Partial<ComponentMetadata>, at: Place): void {
  for (const [index, edge] of (fields.dependencies ?? []).entries()) {
    if (pointsToItself(edge, fields)) {
      fail(inside(inside(at, 'dependencies'), index), 'RG006', 'a component cannot depend on itself');
    }
  }
}

/** By uuid, or by full name with a range that accepts the component's own version. */
function pointsToItself(edge: Edge, fields: Partial<ComponentMetadata>): boolean {
  const { uuid, type, namespace = 'local', name, version } = fields;
  const { target } = edge;
  if (target.uuid !== undefined) return target.uuid === uuid;
  if (target.name === undefined || name === undefined || version === undefined) return false;
  const path = target.namespace === undefined ? target.name : `${target.namespace}.${target.name}`;
  const sameName = path === `${namespace}.${name}` && (target.type === undefined || target.type === type);
  return sameName && satisfies(version, parseVersionSpec(edge.version_spec).intervals);
}

function checkBuiltin({ entrypoint }: Partial<ComponentMetadata>, { builtins }: Surroundings, at: Place): void {
  if (entrypoint?.kind !== 'builtin' || builtins === undefined || builtins.includes(entrypoint.id)) return;
  const place = inside(inside(at, 'entrypoint'), 'id');
  fail(place, 'SC005', `${quote(entrypoint.id)} is no built-in of this release`, () => {
    const near = nearest(entrypoint.id, builtins);
    return { expected: builtins.join(', '), ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) };
  });
}
