/**
 * What may find no workflow (registration.md 9): an ack, a deregistration, a shutdown. A workflow that runs is asked; where
 * none runs it is started if the row is still open (its data in the engine were lost), else the row itself answers.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { RegistrationKey } from '../../contracts/node/workflow.ts';
import type { NodeReader } from '../../db/stores/registration/reader.ts';
import { isTerminal } from '../../domain/registration/states.ts';
import type { ClosedNode } from './closed-answers.ts';
import type { Start } from './engine.ts';

/** As many ids as may be asked about; a node that is closed has few. */
const historyLimit = 1000;

/**
 * @param ask null when no workflow runs and none was started
 * @throws ND013, ND014 of the engine; ND009-ND012 when the row cannot be read
 */
export async function askOrRow<T>(
  reader: NodeReader,
  key: RegistrationKey,
  ask: (options: Start) => Promise<T | null>,
  fromRow: (node: ClosedNode | null) => T,
): Promise<T> {
  const running = await ask({ start: false });
  if (running !== null) return running;
  const { entity_id, domain } = key;
  const row = await reader.getEntityState(entity_id, { domain });
  // A row of a feed is not ours to change: to what is said to registrations it does not exist.
  if (row === null || row.ordering_mode !== 'workflow') return fromRow(null);
  if (isTerminal(row.current_state)) {
    const history = await reader.getTransitions(entity_id, { domain, limit: historyLimit });
    return fromRow({ row, history: history.items });
  }
  const started = await ask({ start: true });
  if (started === null) throw new OmniBaseError('ND013', { details: { part: 'the workflow' } });
  return started;
}
