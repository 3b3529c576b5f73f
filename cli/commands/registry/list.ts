/** `omnibase list KINDS`: the short form people know, one kind of component or all of them. */
import type { ComponentType } from '../../../contracts/component.ts';
import { componentTypes } from '../../../contracts/component-values.ts';
import { unknownWord } from '../../arguments/usage.ts';
import { defineCommand } from '../../command.ts';
import { searchOptions } from '../../registry-query.ts';
import { listComponents } from './ls.ts';

/** `validators` → `validator`; every type has its plural. */
const kinds: ReadonlyMap<string, ComponentType> = new Map(componentTypes.map((type) => [`${type}s`, type] as const));

export const command = defineCommand({
  summary: 'list validators, tools, tests, … or components',
  operands: '[kinds]',
  examples: [
    { line: 'omnibase list validators', about: 'all validators' },
    { line: 'omnibase list validators --tag canary', about: 'those with the tag canary' },
    { line: 'omnibase list components --view all', about: 'everything, archived ones too' },
  ],
  options: searchOptions,
  notes: [`Kinds: ${[...kinds.keys()].join(', ')}, components.`],
  run(context, [given = 'components'], options) {
    const types = kindTypes(given);
    return listComponents(context, options, types === null ? {} : { types });
  },
});

/** The types a kind stands for, null for all; a type's own name is understood too. */
function kindTypes(given: string): readonly ComponentType[] | null {
  const word = given.toLowerCase().replaceAll('-', '_');
  if (word === 'components') return null;
  const type = kinds.get(word) ?? componentTypes.find((candidate) => candidate === word);
  if (type === undefined) throw unknownWord('kind', given, [...kinds.keys(), 'components'], 'omnibase list --help');
  return [type];
}
