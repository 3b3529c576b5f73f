/**
 * Selection as one statement (registration.md 8 "Selection"): all candidates, the one that is chosen, and how many there
 * were, so that nothing can change between counting and choosing. The rule in memory is `domain/registration/selection`;
 * a property test holds the two together.
 */
import type { NodeSettings } from '../../../../contracts/node/settings.ts';
import type { SelectionStrategy } from '../../../../contracts/node/vocabulary.ts';
import type { Statement } from '../../../transaction.ts';
import {
  deadlineTermsOf,
  type EffectiveDeadlines,
  effectiveDeadlines,
} from '../../node-liveness/effective-deadlines.ts';
import { nodeColumnList } from '../projector/row.ts';
import { filterConditions } from '../reader/filters.ts';
import { Parameters } from '../reader/parameters.ts';
import { inDomain, whereAll } from '../reader/question.ts';
import type { CheckedCriteria } from './criteria.ts';

export interface SelectionPlan {
  readonly criteria: CheckedCriteria;
  readonly domain: string | null;
  readonly strategy: SelectionStrategy;
  /** Of round robin. */
  readonly key: string;
  readonly exclude: readonly string[];
  /** Of random: at least 0, below 1. */
  readonly random: number;
}

/** Answers no row without candidates, else the columns of the chosen one and `candidates`. */
export function compileSelection(plan: SelectionPlan, settings: NodeSettings): Statement {
  const parameters = new Parameters();
  const deadlines = effectiveDeadlines(parameters.add, deadlineTermsOf(settings));
  const text = `
    WITH candidates AS MATERIALIZED (${candidates(plan, parameters, deadlines)}
    ), chosen AS (${choices[plan.strategy](plan, parameters)})
    SELECT ${nodeColumnList('p')}, (SELECT count(*) FROM candidates)::integer AS candidates
      FROM chosen JOIN registration_projections p ON p.entity_id = chosen.entity_id AND p.domain = chosen.domain`;
  return { text, values: parameters.values };
}

/**
 * Whoever is overdue at this instant is no candidate, whether or not anybody wrote so yet. Most coarse deadlines lie
 * ahead and settle that without the hot row; only the others are joined with it: of 10,000 active candidates, 15 instead
 * of 24 ms. Where load is asked for, everybody is joined.
 */
function candidates(plan: SelectionPlan, parameters: Parameters, deadlines: EffectiveDeadlines): string {
  const { joins, livenessOverdue, ackOverdue, coarseLivenessPassed } = deadlines;
  const { filter, state } = plan.criteria;
  const onRow = [
    ...inDomain(plan.domain),
    ...filterConditions({ ...filter, state: [state], flapping: false }),
    ...(plan.exclude.length === 0
      ? []
      : [({ add }: Parameters) => `p.entity_id <> ALL(${add(plan.exclude, 'uuid[]')})`]),
  ].map((condition) => condition(parameters));
  const from = (columns: string, tables: string, ...onTime: readonly string[]) => `
      SELECT p.entity_id, p.domain${columns} FROM registration_projections p ${tables} ${whereAll([...onRow, ...onTime])}`;
  if (plan.strategy === 'least_loaded' || state !== 'active') {
    const load = ', h.active_operations_count, h.cpu_usage_percent';
    return from(load, joins, `${livenessOverdue} IS NOT TRUE`, `${ackOverdue} IS NOT TRUE`);
  }
  return `${from('', '', `${coarseLivenessPassed} IS NOT TRUE`)}
      UNION ALL ${from('', joins, coarseLivenessPassed, `${livenessOverdue} IS NOT TRUE`)}`;
}

type Choice = (plan: SelectionPlan, parameters: Parameters) => string;

const choices: Readonly<Record<SelectionStrategy, Choice>> = {
  first: () => 'SELECT entity_id, domain FROM candidates ORDER BY entity_id, domain LIMIT 1',

  random: ({ random }, { add }) => `
    SELECT entity_id, domain FROM candidates ORDER BY entity_id, domain LIMIT 1
    OFFSET (SELECT floor(${add(random, 'float8')} * count(*))::integer FROM candidates)`,

  least_loaded: () => `
    SELECT entity_id, domain FROM candidates
     ORDER BY active_operations_count NULLS LAST, cpu_usage_percent NULLS LAST, entity_id, domain LIMIT 1`,

  // Read and advance in one: a caller that waited for the row of the cursor sees what the one before it stored, so
  // turns are fair over any number of processes. Nodes that come and go only change who is next above the cursor.
  round_robin: ({ key }, { add }) => `
    INSERT INTO node_selection_cursors AS turn (key, last_entity_id, last_domain, updated_at)
    SELECT ${add(key, 'text')}, entity_id, domain, clock_timestamp()
      FROM (SELECT entity_id, domain FROM candidates ORDER BY entity_id, domain LIMIT 1) least
    ON CONFLICT (key) DO UPDATE SET (last_entity_id, last_domain, updated_at) = (
      SELECT entity_id, domain, clock_timestamp() FROM candidates
       ORDER BY (entity_id, domain) <= (turn.last_entity_id, turn.last_domain), entity_id, domain LIMIT 1)
    RETURNING last_entity_id AS entity_id, last_domain AS domain`,
};
