/**
 * The settings of node registration out of the configuration (registration.md 2). Ranges of single keys are held by
 * the schema in `contracts/config/nodes.ts`; here are the rules between two keys. Nothing is ever mended silently.
 */
import type { Config } from '../../contracts/config.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import {
  type AdmissionPolicy,
  defaultNodeSettings,
  type NodeSettings,
  type RegistrationSettings,
} from '../../contracts/node/settings.ts';

/** A window must hold this many beats, so that one lost beat kills nobody. */
const beatsPerWindow = 3;

/**
 * What the configuration says, over the defaults. Milliseconds throughout.
 *
 * @throws ND016 (exit 2) naming the key, when `registration.liveness_window_ms` is below three heartbeat intervals, or
 *   `registration.retry_backoff.first_ms` above its `max_ms`
 */
export function nodeSettingsOf(config: Config): NodeSettings {
  const { period_ms, hold_ms, ...damping } = given(config.damping);
  const settings: NodeSettings = {
    registration: registrationOf(config.registration),
    deadlines: { ...defaultNodeSettings.deadlines, ...given(config.deadlines) },
    sweep: { ...defaultNodeSettings.sweep, ...given(config.sweep) },
    breaker: { ...defaultNodeSettings.breaker, ...given(config.breaker) },
    damping: {
      ...defaultNodeSettings.damping,
      ...damping,
      ...(period_ms === undefined ? {} : { flap_period_ms: period_ms }),
      ...(hold_ms === undefined ? {} : { flap_hold_ms: hold_ms }),
    },
  };
  checkPairs(settings.registration);
  return settings;
}

function registrationOf(config: Config['registration']): RegistrationSettings {
  const defaults = defaultNodeSettings.registration;
  const { retry_backoff, admission, ...rest } = given(config);
  return {
    ...defaults,
    ...given(rest),
    retry_backoff: { ...defaults.retry_backoff, ...given(retry_backoff) },
    admission: admissionOf(admission),
  };
}

function admissionOf(config: NonNullable<Config['registration']>['admission']): AdmissionPolicy {
  const { minimum_versions, ...rest } = given(config);
  return {
    ...defaultNodeSettings.registration.admission,
    ...given(rest),
    ...(minimum_versions === undefined ? {} : { minimum_versions: given(minimum_versions) }),
  };
}

function checkPairs({ liveness_window_ms, heartbeat_interval_ms, retry_backoff }: RegistrationSettings): void {
  const least = beatsPerWindow * heartbeat_interval_ms;
  if (liveness_window_ms < least)
    throw outOfRange(
      'registration.liveness_window_ms',
      `${liveness_window_ms} is below ${least}, three times registration.heartbeat_interval_ms`,
    );
  if (retry_backoff.first_ms > retry_backoff.max_ms)
    throw outOfRange(
      'registration.retry_backoff.first_ms',
      `${retry_backoff.first_ms} is above ${retry_backoff.max_ms}, registration.retry_backoff.max_ms`,
    );
}

function outOfRange(key: string, reason: string): OmniBaseError {
  return new OmniBaseError('ND016', { details: { key, reason } });
}

/** The members that are set: `undefined` must not hide a default. */
function given<T extends object>(group: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const set: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const key in group) {
    const value = group[key];
    if (isSet(value)) set[key] = value;
  }
  return set;
}

function isSet<V>(value: V): value is Exclude<V, undefined> {
  return value !== undefined;
}
