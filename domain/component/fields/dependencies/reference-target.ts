/** Reads the reference inside a dependency into the target of an edge (registry.md 2.6). */
import { componentTypes } from '../../../../contracts/component-values.ts';
import type { EdgeTarget } from '../../../../contracts/component.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { quote } from '../../../json/values.ts';
import { nearest } from '../../../text/nearest.ts';
import { parseReference, readComponentType, type Reference } from '../../../versions/reference.ts';
import { fail, type Place } from '../../reading/place.ts';
import { asText } from '../../reading/scalars.ts';

export interface NamedTarget {
  readonly target: EdgeTarget;
  readonly version_spec?: string;
}

/** A uuid or reference. SC004, SC007. */
export function readReferenceTarget(value: unknown, at: Place): NamedTarget | undefined {
  const given = asText(value, at)?.trim();
  if (given === undefined) return undefined;
  if (/^[^:/@]*:\/\//.test(given)) return readUri(given, at);
  const reference = tryParse(given, at);
  return reference === undefined ? undefined : toTarget(reference);
}

/** `type://PATH@SPEC`: SC005 for the type, SC007 for the rest. */
export function readUri(given: string, at: Place): NamedTarget | undefined {
  const scheme = given.slice(0, given.indexOf('://'));
  if (scheme !== '' && readComponentType(scheme) === null) {
    return fail(at, 'SC005', `${quote(scheme)} is no component type`, () => {
      const near = nearest(scheme, componentTypes);
      return { expected: componentTypes.join(', '), ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) };
    });
  }
  const reference = scheme === '' ? failForm(given, at, 'the type is missing') : tryParse(given, at);
  return reference === undefined ? undefined : toTarget(reference);
}

function tryParse(given: string, at: Place): Reference | undefined {
  try {
    return parseReference(given);
  } catch (error) {
    if (!(error instanceof OmniBaseError)) throw error;
    return failForm(given, at, String(error.details?.['reason']));
  }
}

function failForm(given: string, at: Place, reason: string): undefined {
  return fail(at, 'SC007', `${quote(given)} is no reference: ${reason}`, () => ({
    expected: 'a uuid, [type:]namespace.name[@spec] or type://namespace.name@spec',
  }));
}

function toTarget(reference: Reference): NamedTarget {
  const { spec } = reference;
  const target: EdgeTarget =
    reference.kind === 'uuid'
      ? { uuid: reference.uuid }
      : { ...(reference.type === undefined ? {} : { type: reference.type }), name: reference.path };
  return spec === undefined ? { target } : { target, version_spec: spec.source };
}
