/** `omnibase hook status`: is the hook there, and where. Exit 0 when it is, 1 when not. */
import { defineCommand } from '../../command.ts';
import { hookNames, inspectHook } from '../../hook/install.ts';
import { locateHooks } from '../../hook/locate.ts';
import { renderStates } from '../../hook/render.ts';
import { dataFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'tell whether the hook is installed',
  examples: [{ line: 'omnibase hook status', about: 'exit 0 when it is, 1 when not' }],
  options: {},
  async run(context) {
    const place = await locateHooks(context.io.cwd, context.io.env);
    const states = await Promise.all(hookNames.map((name) => inspectHook(place, name)));
    const installed = states.some(({ name, kind }) => name === 'pre-commit' && (kind === 'own' || kind === 'guest'));
    const document = { schema_version: 1, installed, place: place.kind, manager: place.manager, hooks: states };
    await print(context, dataFormat(context), document, () => renderStates(states));
    return installed ? 0 : 1;
  },
});
