/**
 * A process that writes the file cache until it is killed: `node cache-writer.ts <cache dir> <first number> <seed>`.
 * Every write that was acknowledged is told on stdout as `<uuid> <revision>`, a removal as `<uuid> -<revision>`.
 */
import { writeSync } from 'node:fs';
import { FileCache } from '../../../../registry/cache/file/file-cache.ts';
import { cacheLocation } from '../../../../registry/cache/file/location.ts';
import { identity, recordOf } from './records.ts';

const [cacheDir = '', first = '0', seed = '1'] = process.argv.slice(2);
const cache = new FileCache({
  location: cacheLocation(cacheDir, 'test'),
  onProblem: ({ kind, message }) => void writeSync(2, `${kind}: ${message}\n`),
});

const header = {
  ...identity,
  complete: true,
  last_sync_at: new Date().toISOString(),
  last_full_sync_at: null,
  watermark: '1.1.0',
};

let random = Number(seed);
for (let turn = 1; ; turn++) {
  random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
  const number = Number(first) + (random % 5);
  if (random % 7 === 0) {
    await cache.replace((current) => ({
      header,
      records: [...(current?.records.values() ?? [])],
      tombstones: new Map(current?.tombstones),
    }));
  } else if (random % 5 === 0) {
    const { uuid } = recordOf(number).metadata;
    const result = await cache.writeThrough(identity, { kind: 'tombstone', uuid, revision: turn });
    if (result === 'written') writeSync(1, `${uuid} -${turn}\n`);
  } else {
    // Of very different lengths, so that a kill meets writes of one block and of many.
    const record = recordOf(number, turn, { x_extensions: { padding: 'x'.repeat(random % 40_000) } });
    const result = await cache.writeThrough(identity, { kind: 'record', record });
    if (result === 'written') writeSync(1, `${record.metadata.uuid} ${turn}\n`);
  }
}
