/** `omnibase cachestatus`: size, hit ratio and age of the registry's caches. */
import type { CacheLevelStats, CacheStats } from '../../../contracts/registry.ts';
import { registryOptions } from '../../arguments/global-options.ts';
import { defineCommand } from '../../command.ts';
import { withRegistry } from '../../control/registry-control.ts';
import { printAnswer } from '../../output/answer.ts';
import { shownBytes, shownDuration } from '../../output/duration.ts';
import { safeText } from '../../output/safe-text.ts';
import { renderTable } from '../../output/table.ts';
import { dataFormat } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'tell how the registry caches do',
  examples: [
    { line: 'omnibase cachestatus', about: 'every level' },
    { line: 'omnibase cachestatus --format json', about: 'for a script' },
  ],
  options: registryOptions,
  run: (context, _operands, options) =>
    withRegistry(context, options, 'cache', async (registry, call) => {
      const answer = await registry.cacheStats(call);
      await printAnswer(context, dataFormat(context), answer, { data: answer.data, human: () => render(answer.data) });
      return 0;
    }),
});

function render({ l1, l2, l3 }: CacheStats): string {
  const rows: readonly (readonly [string, CacheLevelStats])[] = [
    ['l1 memory', l1],
    ['l2 redis', l2],
    ['l3 file', l3],
  ];
  const table = renderTable(
    rows,
    [
      { title: 'level', value: ([name]) => name },
      { title: 'state', value: ([, stats]) => (stats.enabled ? (stats.healthy ? 'healthy' : 'unhealthy') : 'off') },
      { title: 'entries', align: 'right', value: ([, stats]) => String(stats.entries) },
      { title: 'size', align: 'right', value: ([, stats]) => shownBytes(stats.bytes) },
      { title: 'hits', align: 'right', value: ([, stats]) => String(stats.hits) },
      { title: 'misses', align: 'right', value: ([, stats]) => String(stats.misses) },
      {
        title: 'hit ratio',
        align: 'right',
        value: ([, stats]) => (stats.hit_ratio === null ? '-' : stats.hit_ratio.toFixed(3)),
      },
      { title: 'errors', align: 'right', value: ([, stats]) => String(stats.errors) },
    ],
    Number.POSITIVE_INFINITY,
  );
  const age = l3.age_s === null ? 'never synchronised' : `synchronised ${shownDuration(l3.age_s * 1000)} ago`;
  const flags = [l3.stale ? 'stale' : '', l3.complete ? '' : 'incomplete', l3.dirty ? 'dirty' : ''].filter(
    (word) => word !== '',
  );
  return `${table}file: ${safeText(l3.path)}, ${[age, ...flags].join(', ')}\n${l3.last_error === null ? '' : `last error: ${safeText(l3.last_error)}\n`}`;
}
