/**
 * How a component may mature (registry.md 3): the table of legal transitions and the check of one. What a
 * lifecycle demands of the document is in `requirements.ts`, which fields it freezes in `frozen-fields.ts`.
 */
import { type Lifecycle, lifecycles } from '../../contracts/component-values.ts';
import { OmniBaseError } from '../../contracts/error.ts';

/** `same` writes nothing; `admin` is an override: capability and reason needed, audited. */
type TransitionRule = 'same' | 'allowed' | 'admin' | 'refused';

export const lifecycleTransitions = {
  draft: {
    draft: 'same',
    experimental: 'allowed',
    canary: 'allowed',
    active: 'allowed',
    deprecated: 'refused',
    archived: 'allowed',
  },
  experimental: {
    draft: 'refused',
    experimental: 'same',
    canary: 'allowed',
    active: 'allowed',
    deprecated: 'allowed',
    archived: 'allowed',
  },
  canary: {
    draft: 'refused',
    experimental: 'allowed',
    canary: 'same',
    active: 'allowed',
    deprecated: 'allowed',
    archived: 'allowed',
  },
  active: {
    draft: 'refused',
    experimental: 'refused',
    canary: 'refused',
    active: 'same',
    deprecated: 'allowed',
    archived: 'admin',
  },
  deprecated: {
    draft: 'refused',
    experimental: 'refused',
    canary: 'refused',
    active: 'admin',
    deprecated: 'same',
    archived: 'allowed',
  },
  archived: {
    draft: 'refused',
    experimental: 'refused',
    canary: 'refused',
    active: 'refused',
    deprecated: 'refused',
    archived: 'same',
  },
} as const satisfies Record<Lifecycle, Record<Lifecycle, TransitionRule>>;

export interface TransitionContext {
  /** Whether the caller holds the capability `admin`. */
  readonly admin?: boolean;
  readonly reason?: string | undefined;
}

export type TransitionOutcome = 'unchanged' | 'allowed' | 'override';

/**
 * Decides a transition: `unchanged` (write nothing), `allowed`, or `override` (audit as such).
 *
 * @throws {OmniBaseError} LC003 with `from`, `to`, `allowed`; SX001 for an override without `admin`; SC003 for
 * one without a reason
 */
export function checkTransition(from: Lifecycle, to: Lifecycle, context: TransitionContext = {}): TransitionOutcome {
  const rule: TransitionRule = lifecycleTransitions[from][to];
  switch (rule) {
    case 'same':
      return 'unchanged';
    case 'allowed':
      return 'allowed';
    case 'admin':
      return checkOverride(from, to, context);
    case 'refused':
      throw illegalTransition(from, to);
  }
}

/**
 * Checks the lifecycle a new record starts in: any but archived. A restore does not call this.
 *
 * @throws {OmniBaseError} LC003
 */
export function checkInitialLifecycle(lifecycle: Lifecycle): void {
  if (lifecycle !== 'archived') return;
  const allowed = lifecycles.filter((other) => other !== 'archived');
  throw new OmniBaseError('LC003', {
    message: 'a new component cannot start as archived',
    details: { from: null, to: lifecycle, allowed },
    next: `start it as one of: ${allowed.join(', ')}`,
  });
}

/** The lifecycles a component may go to, overrides by `admin` included when asked for. */
export function allowedTargets(from: Lifecycle, options: { readonly admin?: boolean } = {}): Lifecycle[] {
  return lifecycles.filter((to) => {
    const rule: TransitionRule = lifecycleTransitions[from][to];
    return rule === 'allowed' || (rule === 'admin' && options.admin === true);
  });
}

function checkOverride(from: Lifecycle, to: Lifecycle, context: TransitionContext): TransitionOutcome {
  if (context.admin !== true) {
    throw new OmniBaseError('SX001', {
      message: `going from ${from} to ${to} needs the capability admin`,
      details: { capability: 'admin', from, to, allowed: allowedTargets(from) },
    });
  }
  if (context.reason === undefined || context.reason.trim() === '') {
    throw new OmniBaseError('SC003', {
      message: `going from ${from} to ${to} needs a reason`,
      details: { from, to },
      issues: [{ code: 'SC003', severity: 'error', path: 'reason', message: 'a reason is required for an override' }],
      next: 'give the reason with --reason',
    });
  }
  return 'override';
}

function illegalTransition(from: Lifecycle, to: Lifecycle): OmniBaseError {
  const allowed = allowedTargets(from, { admin: true });
  const shown = allowed.map((target) => `${target}${lifecycleTransitions[from][target] === 'admin' ? ' (admin)' : ''}`);
  return new OmniBaseError('LC003', {
    details: { from, to, allowed },
    next: allowed.length === 0 ? `nothing follows ${from}` : `allowed from ${from}: ${shown.join(', ')}`,
  });
}
