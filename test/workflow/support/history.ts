/** Reading the recorded history of a workflow. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { StageWorker } from './stage-worker.ts';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

export async function historyOf(
  worker: Pick<StageWorker, 'client'>,
  workflowId: string,
): Promise<readonly HistoryEvent[]> {
  const history = await worker.client.workflow.getHandle(workflowId).fetchHistory();
  return history.events ?? [];
}

/** `<activity>: <summary>` of every activity, local or not, sorted. */
export function activitySummaries(events: readonly HistoryEvent[]): readonly string[] {
  return events
    .flatMap((event) => {
      const name = event.activityTaskScheduledEventAttributes?.activityType?.name ?? localActivityName(event);
      return name === undefined ? [] : [`${name}: ${summaryOf(event)}`];
    })
    .toSorted();
}

export function timerSummaries(events: readonly HistoryEvent[]): readonly string[] {
  return events.filter(({ timerStartedEventAttributes: timer }) => timer).map(summaryOf);
}

function localActivityName({ markerRecordedEventAttributes: marker }: HistoryEvent): string | undefined {
  const [payload] = marker?.details?.['data']?.payloads ?? [];
  if (payload === undefined) return undefined;
  const data = defaultPayloadConverter.fromPayload<{ activity_type?: string }>(payload);
  return data.activity_type;
}

function summaryOf(event: HistoryEvent): string {
  const payload = event.userMetadata?.summary;
  return payload ? defaultPayloadConverter.fromPayload<string>(payload) : '';
}
