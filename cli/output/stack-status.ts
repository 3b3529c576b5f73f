/** The state of the local stack for people. */
import type { StackStatus } from '../../contracts/gateway.ts';
import type { OutputStream } from '../io.ts';
import { palette } from './colour.ts';
import { shownBytes, shownDuration } from './duration.ts';
import { safeText } from './safe-text.ts';
import { renderTable } from './table.ts';

export function renderStatus(status: StackStatus, stream: OutputStream): string {
  const paint = palette(stream.colour);
  const state =
    status.state === 'ready'
      ? paint.good(status.state)
      : status.state === 'stopped'
        ? status.state
        : paint.warning(status.state);
  const head = `omnibase ${status.version}   ${state}   node ${status.node}\n`;
  if (status.state === 'stopped') return `${head}next: omnibase up\n`;
  const table = renderTable(
    status.parts,
    [
      { title: 'part', value: ({ name }) => name },
      { title: 'state', value: ({ state }) => state },
      { title: 'pid', align: 'right', value: ({ pid }) => (pid === null ? '-' : String(pid)) },
      {
        title: 'up',
        align: 'right',
        value: ({ pid, uptime_s }) => (pid === null ? '-' : shownDuration(uptime_s * 1000)),
      },
      { title: 'restarts', align: 'right', value: ({ restarts }) => String(restarts) },
      { title: 'memory', align: 'right', value: ({ rss_bytes }) => (rss_bytes === null ? '-' : shownBytes(rss_bytes)) },
      { title: 'detail', value: ({ detail }) => detail ?? '' },
    ],
    Number.POSITIVE_INFINITY,
  );
  const memory = memoryOf(status);
  const urls = [
    ['Web UI', status.urls.web_ui],
    ['API', status.urls.api],
    ['Temporal', status.urls.temporal],
    ['database', status.urls.database],
    ['socket', status.urls.socket],
  ].flatMap(([name, url]) => (url === null || url === undefined ? [] : [`${`${name}:`.padEnd(10)} ${safeText(url)}`]));
  return `${head}${table}${memory === 0 ? '' : `memory in all: ${shownBytes(memory)}\n`}${urls.join('\n')}\n`;
}

/** Roles share one process: each process counts once. */
function memoryOf({ parts }: StackStatus): number {
  const byPid = new Map(
    parts.flatMap(({ pid, rss_bytes }) => (pid === null || rss_bytes === null ? [] : [[pid, rss_bytes] as const])),
  );
  return [...byPid.values()].reduce((sum, bytes) => sum + bytes, 0);
}
