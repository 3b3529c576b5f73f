import { describe, expect, it } from 'vitest';
import { type Lifecycle, lifecycles } from '../../../../contracts/component-values.ts';
import type { ComponentMetadata } from '../../../../contracts/component.ts';
import {
  frozenChanges,
  frozenFields,
  immutableChanges,
  immutableFields,
  isFrozen,
} from '../../../../domain/lifecycle/frozen-fields.ts';
import { fieldsLostOnLeaving, missingForLifecycle } from '../../../../domain/lifecycle/requirements.ts';
import {
  lifecycleTransitions,
  allowedTargets,
  checkInitialLifecycle,
  checkTransition,
} from '../../../../domain/lifecycle/transitions.ts';
import { resolvableLifecycles, viewLifecycles } from '../../../../domain/lifecycle/views.ts';
import { normalise } from '../../../../domain/component/normalise.ts';

// The table of registry.md 3, written as it stands there.
const table = `
draft         =  yes yes yes   no    yes
experimental  no =   yes yes   yes   yes
canary        no yes =   yes   yes   yes
active        no no  no  =     yes   admin
deprecated    no no  no  admin =     yes
archived      no no  no  no    no    =`;

const cells = table
  .trim()
  .split('\n')
  .flatMap((row) => {
    const [from, ...rules] = row.split(/\s+/);
    return rules.map((rule, index) => [from as Lifecycle, lifecycles[index] ?? 'draft', rule] as const);
  });

describe('checkTransition', () => {
  it('covers the whole matrix', () => {
    expect(cells).toHaveLength(36);
    expect(Object.values(lifecycleTransitions).flatMap((row) => Object.values(row))).toHaveLength(36);
  });

  it.each(cells)('%s to %s: %s', (from, to, rule) => {
    const admin = { admin: true, reason: 'why' };
    if (rule === '=') {
      expect(checkTransition(from, to)).toBe('unchanged');
      expect(checkTransition(from, to, admin)).toBe('unchanged');
    } else if (rule === 'yes') {
      expect(checkTransition(from, to)).toBe('allowed');
      expect(checkTransition(from, to, admin)).toBe('allowed');
    } else if (rule === 'admin') {
      expect(() => checkTransition(from, to)).toThrow(expect.objectContaining({ code: 'SX001', exitCode: 5 }));
      expect(() => checkTransition(from, to, { admin: true })).toThrow(expect.objectContaining({ code: 'SC003' }));
      expect(() => checkTransition(from, to, { admin: true, reason: '  ' })).toThrow(
        expect.objectContaining({ code: 'SC003' }),
      );
      expect(checkTransition(from, to, admin)).toBe('override');
    } else {
      expect(() => checkTransition(from, to, admin)).toThrow(
        expect.objectContaining({ code: 'LC003', class: 'LifecycleTransitionError', exitCode: 2 }),
      );
    }
  });

  it('names the allowed states', () => {
    expect(() => checkTransition('deprecated', 'draft')).toThrow(
      expect.objectContaining({
        details: { from: 'deprecated', to: 'draft', allowed: ['active', 'archived'] },
        next: 'allowed from deprecated: active (admin), archived',
      }),
    );
    expect(() => checkTransition('archived', 'active')).toThrow(
      expect.objectContaining({ next: 'nothing follows archived' }),
    );
    expect(allowedTargets('active')).toEqual(['deprecated']);
    expect(allowedTargets('active', { admin: true })).toEqual(['deprecated', 'archived']);
  });
});

describe('checkInitialLifecycle', () => {
  it.each(lifecycles)('%s', (lifecycle) => {
    if (lifecycle === 'archived')
      expect(() => checkInitialLifecycle(lifecycle)).toThrow(expect.objectContaining({ code: 'LC003' }));
    else expect(() => checkInitialLifecycle(lifecycle)).not.toThrow();
  });
});

describe('missingForLifecycle', () => {
  const uuid = '0190a0b0-0000-7000-8000-00000000abcd';
  it.each([
    [{ lifecycle: 'active' }, []],
    [{ lifecycle: 'deprecated' }, ['LC005']],
    [{ lifecycle: 'deprecated', deprecated_by: 'core.new' }, []],
    [{ lifecycle: 'deprecated', deprecated_by: uuid, uuid }, ['LC005']],
    [{ lifecycle: 'archived' }, ['LC006']],
    [{ lifecycle: 'archived', archived_reason: 'old' }, []],
  ] as const)('of %j: %j', (fields, codes) => {
    expect(missingForLifecycle(fields).map(({ code }) => code)).toEqual(codes);
  });

  it('leaving deprecated takes its fields along', () => {
    expect(fieldsLostOnLeaving('deprecated')).toEqual(['deprecated_by', 'deprecation_date', 'end_of_life_date']);
    expect(fieldsLostOnLeaving('active')).toEqual([]);
  });
});

describe('views', () => {
  it.each([
    ['production', ['canary', 'active', 'deprecated']],
    ['development', ['draft', 'experimental', 'canary', 'active', 'deprecated']],
    ['all', [...lifecycles]],
  ] as const)('%s shows %j', (view, shown) => {
    expect(viewLifecycles(view)).toEqual(shown);
  });

  it('resolution chooses what production shows', () => {
    expect(resolvableLifecycles).toEqual(['canary', 'active', 'deprecated']);
  });
});

describe('fixed fields', () => {
  const document = {
    uuid: '0190a0b0-0000-7000-8000-00000000abcd',
    type: 'validator',
    name: 'x',
    version: '1.0.0',
    entrypoint: 'builtin:x',
  };
  const model = (more: object): ComponentMetadata => {
    const { metadata } = normalise({ ...document, ...more });
    if (metadata === null) throw new Error('the document of this test is not valid');
    return metadata;
  };
  const other: Record<string, object> = {
    uuid: { uuid: '0190a0b0-0000-7000-8000-00000000abce' },
    type: { type: 'test' },
    namespace: { namespace: 'other' },
    name: { name: 'y' },
    version: { version: '1.0.1' },
    created_at: { created_at: '2026-01-01T00:00:00Z' },
    entrypoint: { entrypoint: 'builtin:y' },
    dependencies: { dependencies: ['tool://core.x@*'] },
    inputs: { inputs: ['a'] },
    outputs: { outputs: ['a'] },
    capabilities_required: { capabilities_required: ['file.read'] },
    state_contract: { state_contract: 'state_contract://x' },
    mode: { mode: 'fix' },
    files: { files: ['*.ts'] },
    exclude: { exclude: ['*.js'] },
    types: { types: ['yaml'] },
    types_any: { types_any: ['yaml'] },
  };

  it.each([...immutableFields])('%s never changes', (field) => {
    expect(immutableChanges(model({}), model(other[field] ?? {}))).toEqual([field]);
  });

  it.each([...frozenFields])('%s is frozen from canary on', (field) => {
    const next = model(other[field] ?? {});
    for (const lifecycle of lifecycles) {
      const state =
        lifecycle === 'deprecated'
          ? { deprecated_by: 'a.b' }
          : lifecycle === 'archived'
            ? { archived_reason: 'old' }
            : {};
      const frozen = ['canary', 'active', 'deprecated', 'archived'].includes(lifecycle);
      expect(isFrozen(lifecycle)).toBe(frozen);
      expect(frozenChanges(model({ lifecycle, ...state }), next)).toEqual(frozen ? [field] : []);
    }
  });

  it('other fields are free', () => {
    const next = model({ description: 'new', tags: ['a'], timeout_ms: 500 });
    expect([...immutableChanges(model({}), next), ...frozenChanges(model({}), next)]).toEqual([]);
  });
});
