/**
 * The life of the serving process: it serves until it is told to stop, then drains. SIGTERM and SIGINT ask, a second
 * one ends at once; a supervisor that is gone counts as a request.
 */
import process from 'node:process';
import type { ServeConfig } from '../contracts/gateway.ts';
import { OmniBaseError } from '../contracts/error.ts';
import { createLogger } from './logger.ts';
import { serve } from './serve.ts';

/** Time for everything to end after a signal, ms; below the 30 s that supervisors and clusters usually give. */
const stopLimitMs = 25_000;

/**
 * Serves and ends the process: 0 when it was asked to, the exit code of the error otherwise.
 *
 * @param onServing called once every role serves
 */
export async function runServeProcess(config: ServeConfig, onServing: () => void): Promise<never> {
  const told = Promise.withResolvers<void>();
  const logger = createLogger({ level: config.log_level, instanceId: config.instance_id, onClosed: told.resolve });
  listenForTheEnd(told.resolve);
  try {
    const serving = await serve(config, process.env, logger);
    logger.info({ ...serving.listeners, roles: config.roles }, 'serving');
    onServing();
    await Promise.race([serving.failed, told.promise]);
    setTimeout(() => process.exit(1), stopLimitMs).unref();
    await serving.stop();
    logger.info('stopped');
    process.exit(0);
  } catch (error) {
    logger.fatal({ err: error }, 'cannot serve');
    process.exit(error instanceof OmniBaseError ? error.exitCode : 1);
  }
}

/** A signal, or the end of the supervisor: its channel or the pipe of our log closes. */
function listenForTheEnd(stop: () => void): void {
  let asked = false;
  const onSignal = (): void => {
    if (asked) process.exit(130);
    asked = true;
    stop();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('disconnect', stop);
}
