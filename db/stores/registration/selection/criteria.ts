/**
 * What a caller needs a node for (registration.md 8 "Capability service"). Of capability, intent types and protocol the
 * first that is given is used; an empty list of intents matches nothing.
 */
import { createHash } from 'node:crypto';
import {
  type ContractType,
  contractTypes,
  type RegistrationState,
  registrationStates,
} from '../../../../contracts/node/vocabulary.ts';
import type { CapabilityFilter } from '../../../../contracts/node/query.ts';
import { canonicalJson } from '../../../../domain/json/canonical.ts';
import { checkText, checkTexts, checkWord, invalidQuery } from '../reader/invalid-query.ts';

export interface CapabilityCriteria {
  /** A tag. */
  readonly capability?: string;
  /** Any of them. */
  readonly intent_types?: readonly string[];
  readonly protocol?: string;
  readonly contract_type?: ContractType;
  /** Default active. */
  readonly state?: RegistrationState;
}

/** Checked, with only what is used. */
export interface CheckedCriteria {
  readonly filter: Pick<CapabilityFilter, 'tag' | 'intents' | 'protocol' | 'contract_type'>;
  readonly state: RegistrationState;
  /** An empty list was asked for. */
  readonly matchesNothing: boolean;
}

/** @throws ND002 when none of the three is given, or a value is not understood */
export function checkCriteria(criteria: CapabilityCriteria): CheckedCriteria {
  const { capability, intent_types, protocol, contract_type, state } = criteria;
  const needed = ((): CheckedCriteria['filter'] => {
    if (capability !== undefined) return { tag: checkText('capability', capability) };
    if (intent_types !== undefined) return { intents: intent_types.length === 0 ? [] : intentsOf(intent_types) };
    if (protocol !== undefined) return { protocol: checkText('protocol', protocol) };
    throw invalidQuery('criteria', 'need one of capability, intent_types, protocol');
  })();
  const contract =
    contract_type === undefined ? {} : { contract_type: checkWord('contract_type', contract_type, contractTypes) };
  return {
    filter: { ...needed, ...contract },
    state: state === undefined ? 'active' : checkWord('state', state, registrationStates),
    matchesNothing: needed.intents?.length === 0,
  };
}

/** In whatever order they are written, the same intents are the same need. */
function intentsOf(intents: readonly string[]): readonly string[] {
  return [...new Set(checkTexts('intent_types', intents))].sort();
}

/** Key of a round robin that was given none: the same need takes turns together. */
export function keyOfCriteria({ filter, state }: CheckedCriteria, domain: string | null): string {
  return `criteria:${createHash('sha256')
    .update(canonicalJson({ ...filter, state, domain }))
    .digest('hex')}`;
}
