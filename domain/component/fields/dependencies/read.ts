/**
 * Reads one dependency in any of its forms (registry.md 2.6): an edge of the normalised model, the mapping of either
 * dialect, or a string. All yield an edge of kind depends_on.
 */
import {
  bindings,
  componentTypes,
  edgeKinds,
  externalTypes,
  typeSynonyms,
} from '../../../../contracts/component-values.ts';
import type { Edge, EdgeTarget } from '../../../../contracts/component.ts';
import { isJsonObject, quote } from '../../../json/values.ts';
import { collectMembers, type GivenMembers, type MemberReaders, record } from '../../reading/collections.ts';
import { fail, failType, inside, type Place, type Reader } from '../../reading/place.ts';
import { boolean, oneOf, text } from '../../reading/scalars.ts';
import { versionSpec } from '../entrypoint/targets.ts';
import { componentType, uuid } from '../identity.ts';
import { type NamedTarget, readReferenceTarget, readUri } from './reference-target.ts';

/** Reads one item of `dependencies`. Problems are SC002-SC007 and SC010 W; RG006 is for the caller. */
export const dependency: Reader<Edge> = (value, at) => {
  if (typeof value === 'string') return readText(value.trim(), at);
  if (!isJsonObject(value)) return failType(at, 'text or a mapping', value);
  return isJsonObject(value['target']) ? readEdge(value, at) : readMapping(value, at);
};

/** What every form may carry besides its target. */
interface Details {
  readonly version_spec?: string;
  readonly required?: boolean;
  readonly binding?: NonNullable<Edge['binding']>;
  readonly protocol_required?: string;
  readonly description?: string;
}

const detailReaders = {
  version_spec: versionSpec,
  required: boolean,
  binding: oneOf(bindings),
  protocol_required: text(),
  description: text({ max: 8192 }),
} as const;

const detailNames = Object.keys(detailReaders) as (keyof typeof detailReaders)[];

function readText(given: string, at: Place): Edge | undefined {
  if (given === '') return fail(at, 'SC006', 'the text is empty');
  if (/^[A-Za-z0-9_+.-]*:\/\//.test(given)) {
    const named = readUri(given, at);
    return named === undefined ? undefined : toEdge(named.target, { version_spec: named.version_spec ?? '*' });
  }
  at.problems.warn(
    'SC002',
    at.path,
    `${quote(given)} names no component: it is kept as an external dependency`,
    () => ({
      hint: 'write type://NAME@SPEC or {id, type, version_spec}',
    }),
  );
  const target = text({ max: 2048 })(given, at);
  return target === undefined ? undefined : toEdge({}, {}, { type: 'unknown', target });
}

const mappingMembers = ['id', 'name', 'type', 'target', 'optional', ...detailNames] as const;

/** `{id, type, …}` of dialect A or `{name, type, target, …}` of dialect B. */
function readMapping(value: { readonly [key: string]: unknown }, at: Place): Edge | undefined {
  const given = collectMembers(value, mappingMembers, {}, at);
  const details = readDetails(given, at);
  const id = given.get('id');
  const target = given.get('target');
  if (id !== undefined && target !== undefined)
    return fail(inside(at, 'target'), 'SC002', 'a dependency has either id or target');
  if (id !== undefined) return finish(readById(id.value, given, at), details, at);
  if (target === undefined) return fail(inside(at, 'id'), 'SC003', 'a dependency needs id, or name, type and target');
  return readByTarget(target.value, given, details, at);
}

function readById(id: unknown, given: GivenMembers, at: Place): NamedTarget | undefined {
  const type = given.get('type');
  const named = readReferenceTarget(id, inside(at, 'id'));
  if (type === undefined) return named;
  const stated = componentType(type.value, inside(at, 'type'));
  return named === undefined || stated === undefined ? undefined : withType(named, stated, inside(at, 'type'));
}

const targetTypes = ['onex_node', ...externalTypes, ...componentTypes] as const;
const targetType = oneOf(targetTypes, { synonyms: typeSynonyms });

/** `type` decides whether the target lies inside the registry or outside. */
function readByTarget(target: unknown, given: GivenMembers, details: Details | undefined, at: Place): Edge | undefined {
  const stated = given.get('type');
  if (stated === undefined) {
    return fail(inside(at, 'type'), 'SC003', 'type says what the target is', () => ({
      expected: targetTypes.join(', '),
    }));
  }
  const type = targetType(stated.value, inside(at, 'type'));
  if (type === undefined) return undefined;
  const externalType = externalTypes.find((each) => each === type);
  if (externalType !== undefined) {
    const external = readExternal({ type: externalType, name: given.get('name')?.value, target }, at);
    return external === undefined || details === undefined ? undefined : toEdge({}, details, external);
  }
  const named = readReferenceTarget(target, inside(at, 'target'));
  const inner = componentTypes.find((each) => each === type);
  const typed = named === undefined || inner === undefined ? named : withType(named, inner, inside(at, 'type'));
  return finish(typed, details, at);
}

function withType(named: NamedTarget, type: NonNullable<EdgeTarget['type']>, at: Place): NamedTarget | undefined {
  if (named.target.type !== undefined && named.target.type !== type) {
    return fail(at, 'SC002', `the reference says ${named.target.type}, type says ${type}`);
  }
  return { ...named, target: { ...named.target, type } };
}

type External = NonNullable<Edge['external']>;

const readExternal = record<External>(
  { type: oneOf(externalTypes), name: text(), target: text({ max: 2048 }) },
  { required: ['type', 'target'] },
);

/** Reads the common members; undefined when one of them is wrong. */
function readDetails(given: GivenMembers, at: Place): Details | undefined {
  const details = new Map<string, unknown>();
  let complete = true;
  for (const name of detailNames) {
    const member = given.get(name);
    if (member === undefined) continue;
    const read = detailReaders[name](member.value, inside(at, name));
    if (read === undefined) complete = false;
    else details.set(name, read);
  }
  const optional = given.get('optional');
  if (optional !== undefined) {
    const read = boolean(optional.value, inside(at, 'optional'));
    if (read === undefined) complete = false;
    else if (details.has('required') && details.get('required') === read) {
      return fail(inside(at, 'optional'), 'SC002', 'required and optional contradict each other');
    } else details.set('required', !read);
  }
  return complete ? Object.fromEntries(details) : undefined;
}

/** A spec inside the reference and one beside it must say the same. */
function finish(named: NamedTarget | undefined, details: Details | undefined, at: Place): Edge | undefined {
  if (named === undefined || details === undefined) return undefined;
  const { version_spec: inside_ } = named;
  if (inside_ !== undefined && details.version_spec !== undefined && inside_ !== details.version_spec) {
    return fail(
      inside(at, 'version_spec'),
      'SC002',
      `the reference asks for ${inside_}, version_spec for ${details.version_spec}`,
    );
  }
  return toEdge(named.target, inside_ === undefined ? details : { ...details, version_spec: inside_ });
}

function toEdge(target: EdgeTarget, details: Details, external?: External): Edge {
  const { version_spec = '*', required = true, ...rest } = details;
  return {
    kind: 'depends_on',
    target,
    version_spec,
    required,
    ...(external === undefined ? {} : { external }),
    ...rest,
  };
}

const targetMembers: MemberReaders<EdgeTarget> = {
  uuid,
  type: componentType,
  namespace: text(),
  name: text({ max: 512 }),
};

const edgeMembers: MemberReaders<Edge> = {
  kind: oneOf(edgeKinds),
  target: record<EdgeTarget>(targetMembers),
  version_spec: versionSpec,
  required: boolean,
  external: readExternal,
  binding: oneOf(bindings),
  protocol_required: text(),
  description: text({ max: 8192 }),
};

const wholeEdge = record<Edge>(edgeMembers, {
  required: ['target'],
  defaults: { kind: 'depends_on', version_spec: '*', required: true },
});

/** An edge as the normalised model holds it. */
function readEdge(value: { readonly [key: string]: unknown }, at: Place): Edge | undefined {
  const edge = wholeEdge(value, at);
  if (edge === undefined) return undefined;
  if (edge.kind !== 'depends_on') return fail(inside(at, 'kind'), 'SC005', 'a dependency has the kind depends_on');
  const named = edge.target.uuid !== undefined || edge.target.name !== undefined;
  if (named === (edge.external === undefined)) return edge;
  return fail(
    inside(at, 'target'),
    named ? 'SC002' : 'SC003',
    'a dependency has a target with uuid or name, or is external',
  );
}
