/** `omnibase registry search TEXT`: components by the words of their name, namespace, description or tags. */
import { defineCommand } from '../../command.ts';
import { searchOptions } from '../../registry-query.ts';
import { listComponents } from './ls.ts';

export const command = defineCommand({
  summary: 'find components by text',
  operands: '<text...>',
  examples: [
    { line: 'omnibase registry search json', about: 'whatever mentions json' },
    { line: "omnibase registry search 'trailing white' --type validator", about: 'validators with both words' },
  ],
  options: searchOptions,
  run: (context, operands, options) => listComponents(context, options, { text: operands.join(' ') }),
});
