/**
 * Which node should do this piece of work (registration.md 8 "Capability service", "Selection"): `find` lists who could,
 * `resolve` and `select` name one.
 */
import type { NodeDependency, Page, PageRequest, SelectRequest, Selection } from '../../../../contracts/node/query.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { selectionStrategies } from '../../../../contracts/node/vocabulary.ts';
import { malformedRowError } from '../../../resilience/database-errors.ts';
import { parseNodeRow } from '../projector/row.ts';
import { checkText, checkUuid, checkWord, invalidQuery } from '../reader/invalid-query.ts';
import { listNodes, pageSize } from '../reader/list-rows.ts';
import { byKey } from '../reader/orders.ts';
import { ask, domainOf, type ReaderDeps, warnOfMalformed } from '../reader/question.ts';
import { compileSelection, type SelectionPlan } from './compile-selection.ts';
import { type CapabilityCriteria, type CheckedCriteria, checkCriteria, keyOfCriteria } from './criteria.ts';

export interface SelectOptions {
  /** Default `registration`; null = all. */
  readonly domain?: string | null;
  /** Entity ids that are not wanted. */
  readonly exclude?: readonly string[];
  /** Source of randomness for `random`; default `Math.random`. */
  readonly random?: () => number;
}

const longestKey = 256;
const mostExcluded = 1000;

/** Nodes that match, in order S; time is not asked for. @throws ND002 */
export async function findNodes(deps: ReaderDeps, criteria: CapabilityCriteria & PageRequest): Promise<Page<NodeRow>> {
  const checked = checkCriteria(criteria);
  if (checked.matchesNothing) {
    pageSize(criteria);
    return { items: [], next_cursor: null, has_more: false, malformed: [] };
  }
  const filter = { ...checked.filter, state: [checked.state] };
  return listNodes(deps, { method: 'find', page: criteria, order: byKey, filter });
}

/** One node for a dependency, null when there is none. @throws ND002 */
export async function resolveDependency(
  deps: ReaderDeps,
  dependency: NodeDependency,
  options: SelectOptions = {},
): Promise<NodeRow | null> {
  checkWord('type', dependency.type, ['node', 'protocol']);
  const criteria = checkCriteria(dependency);
  const selection = await choose(deps, criteria, { ...options, ...dependency });
  return selection?.node ?? null;
}

/** One node, and out of how many. @throws ND002, an empty list of intents included */
export async function selectNode(
  deps: ReaderDeps,
  request: SelectRequest,
  options: Pick<SelectOptions, 'random'> = {},
): Promise<Selection | null> {
  const { capability, intent_types, protocol, contract_type } = request;
  const criteria = checkCriteria({
    ...(capability === undefined ? {} : { capability }),
    ...(intent_types === undefined ? {} : { intent_types }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(contract_type === undefined ? {} : { contract_type }),
  });
  if (criteria.matchesNothing) throw invalidQuery('intent_types', 'must be a list with at least one text');
  return choose(deps, criteria, { ...options, ...request });
}

type Wish = SelectOptions & Pick<SelectRequest, 'strategy' | 'key'>;

async function choose(deps: ReaderDeps, criteria: CheckedCriteria, wish: Wish): Promise<Selection | null> {
  const plan = planOf(criteria, wish);
  if (criteria.matchesNothing) return null;
  // A chosen row that cannot be read is passed over like an excluded one, so each round leaves one candidate less.
  for (let exclude = plan.exclude; ; ) {
    const statement = compileSelection({ ...plan, exclude }, deps.settings?.() ?? defaultNodeSettings);
    const [row] = await ask(deps, 'select', statement);
    if (row === undefined) return null;
    const parsed = parseNodeRow(row);
    if (parsed.ok) return { node: parsed.row, strategy: plan.strategy, candidates: Number(row['candidates']) };
    warnOfMalformed(deps, 'select', [parsed.malformed]);
    if (exclude.includes(parsed.malformed.entity_id)) throw malformedRowError(parsed.malformed);
    exclude = [...exclude, parsed.malformed.entity_id];
  }
}

function planOf(criteria: CheckedCriteria, wish: Wish): SelectionPlan {
  const domain = domainOf(wish.domain);
  const exclude = wish.exclude ?? [];
  if (!Array.isArray(exclude) || exclude.length > mostExcluded) {
    throw invalidQuery('exclude', `must be a list of at most ${mostExcluded} ids`);
  }
  return {
    criteria,
    domain,
    strategy: wish.strategy === undefined ? 'first' : checkWord('strategy', wish.strategy, selectionStrategies),
    key: wish.key === undefined ? keyOfCriteria(criteria, domain) : checkText('key', wish.key, longestKey),
    exclude: exclude.map((id) => checkUuid('exclude', id)),
    random: (wish.random ?? Math.random)(),
  };
}
