/** What a registration is about and how it is answered: same, other content, taken coordinates (registry.md 5.2). */
import type { ComponentMetadata, ComponentRecord } from '../../contracts/component.ts';
import { type Issue, OmniBaseError } from '../../contracts/error.ts';
import type { CallContext, RegisterOptions, RegisterResult } from '../../contracts/registry.ts';
import { operationalFields } from '../../domain/component/fingerprint.ts';
import { changedPaths } from '../../domain/json/merge-patch.ts';
import { jsonEqual } from '../../domain/json/values.ts';
import { hashOf } from '../hashes.ts';

export interface Registration {
  readonly result: RegisterResult;
  readonly warnings: readonly Issue[];
}

/** A document that passed validation, with all that deciding about it takes. */
export interface Candidate {
  readonly metadata: ComponentMetadata;
  readonly raw: unknown;
  readonly fingerprint: string;
  readonly issues: readonly Issue[];
  readonly strict: boolean;
  readonly options: RegisterOptions;
  readonly context: CallContext;
}

/** Volatile fields (times, hashes, signatures) make no difference. */
export function isSame({ metadata: stored, registry }: ComponentRecord, { metadata, fingerprint }: Candidate): boolean {
  return (
    registry.fingerprint === fingerprint &&
    operationalFields.every((field) => jsonEqual(stored[field], metadata[field]))
  );
}

/** The uuid is registered with other content: says what differs. */
export function otherContent(
  metadata: ComponentMetadata,
  { metadata: stored, registry }: ComponentRecord,
): OmniBaseError {
  const paths = changedPaths(stored, metadata);
  return new OmniBaseError('RG002', {
    message: `${stored.type}:${stored.namespace}.${stored.name}@${stored.version} is already registered with other content: ${paths.slice(0, 10).join(', ')} differ`,
    details: { uuid: metadata.uuid, revision: registry.revision, paths },
    issues: paths.map((path) => ({
      code: 'MD009',
      severity: 'error',
      path,
      message: 'differs from what is registered',
    })),
  });
}

/** Another uuid has these coordinates. */
export function coordinatesTaken({ type, namespace, name, version }: ComponentMetadata, uuid: string): OmniBaseError {
  const coordinates = `${type}:${namespace}.${name}@${version}`;
  return new OmniBaseError('RG002', {
    message: `${coordinates} is already registered under the uuid ${uuid}`,
    details: { uuid, coordinates },
    next: `change it with \`omnibase registry update ${uuid}\`, or register another version`,
  });
}

/** The answer; `would` only on a dry run. */
export function registration(
  { metadata, fingerprint, issues, options }: Candidate,
  record: ComponentRecord | null,
  outcome: { readonly created?: boolean; readonly unchanged?: boolean },
  would: NonNullable<RegisterResult['would']>,
): Registration {
  const { uuid, type, namespace, name, version } = metadata;
  const dryRun = options.dry_run === true;
  return {
    result: {
      uuid,
      type,
      namespace,
      name,
      version,
      revision: record?.registry.revision ?? 0,
      fingerprint: record?.registry.fingerprint ?? fingerprint,
      registered: !dryRun,
      created: !dryRun && outcome.created === true,
      unchanged: outcome.unchanged === true,
      ...(dryRun ? { would } : {}),
    },
    warnings: issues,
  };
}

/** What makes two requests under one idempotency key the same. */
export function requestHash({ raw, options }: Candidate): string {
  const { strict, force, source, reason } = options;
  return hashOf({ operation: 'register', document: raw, strict, force, source, reason });
}
