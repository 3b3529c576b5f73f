/** The runner of this host; what an earlier host worker of the same state left behind is ended and removed first. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ServeConfig } from '../../contracts/gateway.ts';
import { createStepRunner, type StepRunner } from '../../validators/runner/step-runner.ts';

export async function openRunner(config: ServeConfig, logger: Logger): Promise<StepRunner> {
  const runner = createStepRunner({
    workDirectory: join(config.cache_dir, 'work', config.host_id),
    childrenDirectory: join(config.state_dir, 'children'),
  });
  const { endedChildren } = await runner.prepare();
  if (endedChildren > 0) logger.warn({ children: endedChildren }, 'ended children of an earlier host worker');
  return runner;
}
