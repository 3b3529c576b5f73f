/** How a registration is started where none runs (registration.md 9): found or begun, never twice. */
import type { Introspection } from '../contracts/node/messages.ts';
import type { RegistrationKey } from '../contracts/node/workflow.ts';
import { registrationInput } from '../workflows/messages/registration.ts';
import { registrationWorkflowId } from './ids.ts';
import { controlQueue } from './queues.ts';
import { searchAttributeKey } from './search-attributes.ts';

/** Shorter than usual: a message that comes while a statement hangs is heard after this long, ms. */
const workflowTaskTimeoutMs = 5_000;

export interface StartDetails {
  readonly node_type?: string;
  readonly memo?: Readonly<Record<string, unknown>>;
}

export function startOptions(
  key: RegistrationKey,
  { node_type, memo = {} }: StartDetails,
  taskQueue: string = controlQueue,
) {
  const { entity_id, domain } = key;
  const name = memo['node_name'];
  return {
    workflowId: registrationWorkflowId(domain, entity_id),
    taskQueue,
    args: [registrationInput(entity_id, domain)] as [ReturnType<typeof registrationInput>],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    // Retired nodes come back.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowTaskTimeout: workflowTaskTimeoutMs,
    typedSearchAttributes: [
      { key: searchAttributeKey('OmniKind'), value: 'registration' },
      { key: searchAttributeKey('OmniDomain'), value: domain },
      ...(node_type === undefined ? [] : [{ key: searchAttributeKey('OmniNodeType'), value: node_type }]),
    ],
    memo,
    staticSummary: `node ${typeof name === 'string' ? name : entity_id}`,
  };
}

export function memoOf({ node_name, component }: Introspection): Readonly<Record<string, unknown>> {
  if (component === null) return { node_name, component: null };
  return { node_name, component: 'id' in component ? component.id : `${component.name}@${component.version}` };
}
