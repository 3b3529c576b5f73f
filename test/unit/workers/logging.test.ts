/** Logs of a serving process: Temporal's through the same logger, no secrets, the correlation id on each line. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { bridgeTo } from '../../../workers/runtime.ts';

const root = join(import.meta.dirname, '../../..');

describe('the bridge to Temporal', () => {
  it('keeps levels and fields, and calls its chatter details', () => {
    const lines: { level: number; msg: string; taskQueue?: string; err?: { message: string } }[] = [];
    const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const bridge = bridgeTo(logger);
    bridge.info('Worker state changed', { taskQueue: 'q' });
    bridge.warn('careful');
    bridge.error('broken', { error: new Error('why') });
    bridge.debug('detail');
    bridge.trace('more detail');
    bridge.log('WARN', 'again');
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [20, 'Worker state changed'],
      [40, 'careful'],
      [50, 'broken'],
      [10, 'detail'],
      [10, 'more detail'],
      [40, 'again'],
    ]);
    expect(lines[0]?.taskQueue).toBe('q');
    expect(lines[2]?.err?.message).toBe('why');
  });
});

describe('the logger', () => {
  it('writes JSON lines on stderr with the correlation id, and never a secret', () => {
    const script = `
      import { createLogger } from ${JSON.stringify(join(root, 'workers/logger.ts'))};
      import { withCorrelationId } from ${JSON.stringify(join(root, 'client/correlation-context.ts'))};
      const logger = createLogger({ level: 'info', instanceId: 'i1' });
      withCorrelationId('abc', () => logger.info({ token: 'planted', a: { password: 'planted' } }, 'hello'));
      logger.debug('not shown');
      logger.warn({ correlation_id: 'own' }, 'own id');
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(stdout).toBe('');
    expect(lines).toMatchObject([
      { level: 'info', msg: 'hello', correlation_id: 'abc', instance_id: 'i1', token: '[redacted]' },
      { level: 'warn', msg: 'own id', correlation_id: 'own' },
    ]);
    expect(stderr).not.toContain('planted');
    expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });
});
