/**
 * What the projector refuses before it touches the database: writes that no state table or order allows, whoever made
 * them (registration.md 3.1, 7).
 */
import { type Issue, OmniBaseError } from '../../../../contracts/error.ts';
import type { FeedWrite, RegistrationStep, RegistrationWrite } from '../../../../contracts/node/projection.ts';
import { modeOf, orderingKey } from '../../../../domain/registration/ordering.ts';
import { isLegalStep } from '../../../../domain/registration/states.ts';

/** Steps of one write. */
const mostSteps = 4;

/** A step whose order was checked. */
export interface OrderedStep {
  readonly step: RegistrationStep;
  readonly epoch: number;
  readonly version: number;
}

/**
 * The steps of a write in their order.
 * @throws ND007 for a step outside the state table, ND001 for steps that do not follow one another
 */
export function checkedSteps(write: RegistrationWrite): readonly OrderedStep[] {
  const { steps, row } = write;
  if (steps.length < 1 || steps.length > mostSteps) throw invalid('steps', `must be 1-${String(mostSteps)}`);
  const ordered = steps.map((step, index) => {
    const { kind, from_state, to_state, ordering } = step;
    if (kind === 'import' || !isLegalStep(kind, from_state, to_state)) {
      throw new OmniBaseError('ND007', { details: { from: from_state ?? 'none', to: to_state, kind } });
    }
    if (modeOf(ordering) !== 'workflow') throw invalid(`steps.${index}.ordering`, 'must have epoch and version');
    const { major: epoch, minor: version } = orderingKey(ordering);
    return { step, epoch, version };
  });
  for (const [index, { step, epoch, version }] of ordered.entries()) {
    const previous = ordered[index - 1];
    const opens = step.kind === 'epoch_start' || step.kind === 'retry';
    if (epoch < 1 || version < 1 || (opens && version !== 1)) throw invalid(`steps.${index}.ordering`, 'is impossible');
    if (previous === undefined) continue;
    const follows = epoch === previous.epoch && version === previous.version + 1;
    if (!follows || step.from_state !== previous.step.to_state) {
      throw invalid(`steps.${index}`, 'does not follow the step before it');
    }
  }
  const last = ordered.at(-1);
  if (last?.step.to_state !== row.current_state || last.epoch !== row.epoch || last.version !== row.version) {
    throw invalid('row', 'is not where the last step leads');
  }
  return ordered;
}

/** @throws ND001 when a feed names an order that it cannot have */
export function checkFeedWrite({ ordering, ordering_mode }: FeedWrite): void {
  if (modeOf(ordering) !== ordering_mode) throw invalid('ordering', `is not one of mode ${ordering_mode}`);
  if (ordering.partition?.includes('\0') === true) throw invalid('ordering.partition', 'has a character of no text');
  orderingKey(ordering);
}

function invalid(path: string, message: string): OmniBaseError {
  const issue: Issue = { code: 'ND001', severity: 'error', path, message };
  return new OmniBaseError('ND001', { message: `the write cannot be applied: ${path} ${message}`, issues: [issue] });
}
