/**
 * Calls of registrations, each with a deadline (registration.md 9): updates one after the other in the lane of their
 * workflow, everything else at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { OmniBaseError } from '../contracts/error.ts';
import type { RegistrationKey } from '../contracts/node/workflow.ts';
import { registrationWorkflowId } from './ids.ts';
import { fromRegistrationError, isGivenBack } from './registration-errors.ts';
import { UpdateLanes } from './update-lanes.ts';

const lanes = new UpdateLanes();

/** Between two tries of an update that the engine gave back, ms. */
const givenBackPauseMs = 50;

/**
 * One update at its turn in the lane of the workflow; waiting for the turn counts. The engine gives an update back when
 * a run hands over to the next at that very moment: its id makes sending it again harmless.
 */
export function inLane<T>(client: Client, key: RegistrationKey, timeoutMs: number, send: () => Promise<T>): Promise<T> {
  const until = Date.now() + timeoutMs;
  const workflowId = registrationWorkflowId(key.domain, key.entity_id);
  return translated(key, () =>
    lanes.run(workflowId, async () => {
      if (Date.now() >= until) throw new OmniBaseError('ND014', { details: { retry_after_seconds: 1 } });
      for (;;) {
        try {
          return await client.withDeadline(until, send);
        } catch (error) {
          if (!isGivenBack(error) || Date.now() + givenBackPauseMs >= until) throw error;
          await sleep(givenBackPauseMs);
        }
      }
    }),
  );
}

export function bounded<T>(
  client: Client,
  key: RegistrationKey,
  timeoutMs: number,
  send: () => Promise<T>,
): Promise<T> {
  return translated(key, () => client.withDeadline(Date.now() + timeoutMs, send));
}

async function translated<T>(key: RegistrationKey, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw fromRegistrationError(error, key);
  }
}
