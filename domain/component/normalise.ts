/**
 * From a document in either dialect to the normalised model (registry.md 2.2-2.6, 2.9, 2.10). The one function that
 * decides whether a document is a component. Never throws on a document, however hostile; every problem comes at
 * once. The model normalises to itself.
 */
import { documentLimits } from '../../contracts/component-values.ts';
import type { ComponentMetadata } from '../../contracts/component.ts';
import type { Issue } from '../../contracts/error.ts';
import { type Hazard, type HazardKind, inspectJson } from '../json/inspect.ts';
import { describeValue, isJsonObject } from '../json/values.ts';
import { fieldDefaults } from './fields/defaults.ts';
import { fieldNames } from './fields/table.ts';
import { fail } from './reading/place.ts';
import { Problems } from './reading/problems.ts';
import type { Locate } from './source/positions.ts';
import { checkAcrossFields, type Surroundings } from './document/cross-rules.ts';
import { expandDottedKeys, locateExpanded } from './document/dotted-keys.ts';
import { collectFields } from './document/given-fields.ts';
import { type Dialect, readFields } from './document/read-fields.ts';

export interface NormaliseOptions extends Surroundings {
  /** Turns the warnings listed in registry.md 2.10 into errors. */
  readonly strict?: boolean | undefined;
  /** Position of a member in the source text; given by `parseMetadataText`. */
  readonly locate?: Locate | undefined;
}

export interface Normalised {
  /** Null when there is an error among the issues. */
  readonly metadata: ComponentMetadata | null;
  /** The document as given, checked to be harmless JSON; null when it is not. */
  readonly raw: unknown;
  /** Errors first, then warnings, each in the order of the fields. */
  readonly issues: readonly Issue[];
}

/**
 * Validates and normalises a document of either dialect.
 *
 * @param document plain JSON-like value of at most 256 KiB and 32 levels
 * @returns codes SC001-SC010, MD002-MD010, LC001-LC006, RG006, ST001 among the issues
 */
export function normalise(document: unknown, options: NormaliseOptions = {}): Normalised {
  const inspection = inspectJson(document, documentLimits);
  if (inspection.hazards.length > 0) return refused(inspection.hazards, options);
  const raw = inspection.value;
  const expandedKeys = new Set<string>();
  const locate = options.locate === undefined ? undefined : locateExpanded(options.locate, expandedKeys);
  const problems = new Problems({ strict: options.strict, locate });
  const at = { path: [], problems };
  if (!isJsonObject(raw)) {
    fail(at, 'MD002', raw === null ? 'the document is empty' : `a mapping is needed, not ${describeValue(raw)}`);
    return { metadata: null, raw, issues: problems.list() };
  }
  const { document: expandedDocument, expanded } = expandDottedKeys(raw, at);
  for (const key of expanded) expandedKeys.add(key);
  const dialect: Dialect = Object.hasOwn(raw, 'type') ? 'A' : 'B';
  const given = collectFields(expandedDocument, at);
  const { type, fields } = readFields(given, dialect, at);
  const defaults = type === undefined ? {} : fieldDefaults(type, fields.idempotent ?? false);
  // A field that was given and refused has no value here, not its default: it must cause no second problem.
  const known = Object.entries(defaults).filter(([name]) => !problems.hasErrors || !given.has(name));
  const complete: Partial<ComponentMetadata> = { ...Object.fromEntries(known), ...fields };
  checkAcrossFields(complete, options, at);
  return { metadata: problems.hasErrors ? null : toModel(complete), raw, issues: problems.list() };
}

/** Members in the order of the model. `namespace` and `version` have defaults in one dialect each, elsewhere they are required. */
function toModel(fields: Partial<ComponentMetadata>): ComponentMetadata {
  const identified = { namespace: 'local', version: '1.0.0', ...fields };
  const members = fieldNames.flatMap((name) =>
    identified[name] === undefined ? [] : [[name, identified[name]] as const],
  );
  // Without an error every required field was read, and defaults fill the others.
  return Object.fromEntries(members) as ComponentMetadata;
}

const hazardCodes: Readonly<Record<HazardKind, string>> = {
  too_large: 'SC006',
  too_deep: 'SC006',
  dangerous_key: 'SC002',
  forbidden_character: 'SC002',
  forbidden_number: 'SC002',
  not_json: 'SC004',
};

function refused(hazards: readonly Hazard[], options: NormaliseOptions): Normalised {
  const problems = new Problems(options);
  for (const { kind, path, detail } of hazards) problems.error(hazardCodes[kind], path, detail);
  return { metadata: null, raw: null, issues: problems.list() };
}
