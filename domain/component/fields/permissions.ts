/** Permissions: what a component may ask for, `TYPE[:RESOURCE]` (registry.md 11.1). */
import { type Permission, permissionAliases } from '../../../contracts/component-values.ts';
import { describeValue, quote } from '../../json/values.ts';
import { nearest } from '../../text/nearest.ts';
import { fail, type Reader } from '../reading/place.ts';
import { text } from '../reading/scalars.ts';

const canonical: ReadonlyMap<string, string> = new Map(
  Object.entries(permissionAliases).flatMap(([name, alias]) => [
    [name, name],
    [alias, name],
  ]),
);

/** Canonical spelling of a permission, null when the text is none. The resource is all after the first colon. */
export function parsePermission(given: string): string | null {
  const colon = given.indexOf(':');
  const type = canonical.get(colon === -1 ? given : given.slice(0, colon));
  if (type === undefined) return null;
  if (colon === -1) return type;
  const resource = given.slice(colon + 1).trim();
  return resource === '' ? null : `${type}:${resource}`;
}

const item = text();

/** A permission. SC005 with the allowed types and the nearest. */
export const permission: Reader<string> = (value, at) => {
  const given = item(value, at);
  if (given === undefined) return undefined;
  const read = parsePermission(given);
  if (read !== null) return read;
  const types: Permission[] = Object.keys(permissionAliases) as Permission[];
  return fail(at, 'SC005', `${quote(given)} is no permission`, () => {
    const near = nearest(given.split(':', 1)[0] ?? '', types);
    return {
      expected: `${types.join(', ')}, each with an optional :RESOURCE`,
      received: describeValue(given),
      ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    };
  });
};
