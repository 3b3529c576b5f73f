/** How many nodes are in each state: all eight, 0 where there are none, and their total (registration.md 8). */
import type { StateCounts } from '../../../../contracts/node/query.ts';
import { type RegistrationState, registrationStates } from '../../../../contracts/node/vocabulary.ts';
import { Parameters } from './parameters.ts';
import { ask, domainOf, inDomain, type ReaderDeps, whereAll } from './question.ts';

export async function countStates(deps: ReaderDeps, domain?: string | null): Promise<StateCounts> {
  const parameters = new Parameters();
  const where = whereAll(inDomain(domainOf(domain)).map((condition) => condition(parameters)));
  const rows = await ask(deps, 'countByState', {
    text: `SELECT p.current_state, count(*)::integer AS nodes FROM registration_projections p${where} GROUP BY p.current_state`,
    values: parameters.values,
  });
  const found = new Map(rows.map((row) => [row['current_state'], Number(row['nodes'])]));
  const counts = Object.fromEntries(registrationStates.map((state) => [state, found.get(state) ?? 0]));
  const total = Object.values(counts).reduce((sum, nodes) => sum + nodes, 0);
  return { ...(counts as Record<RegistrationState, number>), total };
}
