/**
 * Values that absent fields take (registry.md 2.3, 2.4). One table serves normalisation, which fills them in, and
 * the fingerprint, which leaves them out.
 */
import { checkingTypes, executableTypes } from '../../../contracts/component-values.ts';
import type { ComponentMetadata, ComponentType, Resources } from '../../../contracts/component.ts';

export const formatVersions = {
  metadata_version: '0.2.1',
  protocol_version: '1.1.0',
  schema_version: '1.1.0',
} as const;

export const resourceDefaults: Resources = { memory_mb: 256, cpu: 1, disk_mb: 1024, pids: 64 };

/** Defaults of every component. */
const general = {
  ...formatVersions,
  state_contract: 'state_contract://default',
  lifecycle: 'active',
  status: 'active',
  tags: [],
  provides: [],
  capabilities_required: [],
  protocols_supported: [],
  base_class: [],
  subgraph: [],
  os_requirements: [],
  compliance_profiles: [],
  dependencies: [],
  idempotent: false,
  inputs: [],
  outputs: [],
  environment: [],
  execution_mode: 'sync',
  x_extensions: {},
} as const satisfies Partial<ComponentMetadata>;

/** Defaults of validators and tests: which files they see, how they judge, how they are planned. */
const checking = {
  files: ['**'],
  exclude: [],
  types: [],
  types_any: [],
  accepts: [],
  needs: [],
  scope: 'batch',
  mode: 'read',
  profiles: [],
  severity: 'error',
  enforcement: 'standard',
  performance: 'standard',
  weight: 1,
  priority: 50,
} as const satisfies Partial<ComponentMetadata>;

/** Fields of 2.4 that validators and tests have, with or without a default. */
const checkingFields: readonly (keyof ComponentMetadata)[] = [
  ...(Object.keys(checking) as (keyof typeof checking)[]),
  'options_schema',
];

/** Fields of 2.4 that every executable type has. */
const executableFields = ['timeout_ms', 'retries', 'resources', 'isolation'] as const;

const testing = { test_type: 'unit', expected_result: 'pass' } as const satisfies Partial<ComponentMetadata>;

/** Fields that only tests have. */
const testFields = ['test_type', 'expected_result'] as const;

export function isExecutable(type: ComponentType): boolean {
  return executableTypes.some((each) => each === type);
}

function isChecking(type: ComponentType): boolean {
  return checkingTypes.some((each) => each === type);
}

/** Whether components of this type may have the field at all. */
export function appliesTo(field: keyof ComponentMetadata, type: ComponentType): boolean {
  if (checkingFields.includes(field)) return isChecking(type);
  if (executableFields.some((each) => each === field)) return isExecutable(type);
  return type === 'test' || !testFields.some((each) => each === field);
}

/** The default of every field that has one for this type. */
export function fieldDefaults(type: ComponentType, idempotent: boolean): Partial<ComponentMetadata> {
  return {
    ...general,
    ...(isChecking(type) ? checking : {}),
    ...(isExecutable(type) ? { retries: idempotent ? 2 : 0, resources: resourceDefaults } : {}),
    ...(type === 'test' ? testing : {}),
  };
}
