/**
 * The ports of a registration on Temporal. Short statements are local activities: a whole handshake then takes one
 * workflow task (architecture.md "Engine limits"). What may take longer, or should be seen in the Web UI, is an ordinary
 * one, and so is everything that runs beside the loop: of local activities that run side by side a replay does not know
 * which ended first.
 */
import * as wf from '@temporalio/workflow';
import { searchAttributes } from '../../contracts/search-attributes.ts';
import type {
  RegistrationActivities,
  RegistrationInput,
  RegistrationMemory,
  RegistrationTelemetry,
} from '../../contracts/node/workflow.ts';
import * as limits from './activity-limits.ts';
import type { Patient, RegistrationPorts, Timer } from './ports.ts';
import { readRefusal } from './refusal.ts';

/** Name of the sinks of a worker that serves registrations. */
const telemetrySinks = 'registration';
type Sinks = wf.Sinks & {
  readonly [telemetrySinks]: { [Name in keyof RegistrationTelemetry]: RegistrationTelemetry[Name] };
};

/** The server takes two thousand updates per run; this leaves room for those on their way. */
const updatesPerRun = 1_500;

export function temporalPorts(input: RegistrationInput, updates: () => number): RegistrationPorts {
  const { workflowId } = wf.workflowInfo();
  const { entity_id, domain } = input;
  const { [telemetrySinks]: telemetry } = wf.proxySinks<Sinks>();

  return {
    workflow_id: workflowId,
    now: () => Date.now(),
    newId: () => wf.uuid4(),
    random: () => Math.random(),
    startTimer,
    load: () => local(limits.databaseLimits, 'read the row').loadRegistration({ entity_id, domain }),
    persist: (write) => refusable(local(limits.databaseLimits, summaryOf(write)).persistTransitions(write)),
    persistIf: (request) => refusable(local(limits.databaseLimits, summaryOf(request.write)).persistIf(request)),
    flush: (request) => orNull(local(limits.databaseLimits, 'store the newest beat').flushBeat(request)),
    admitQuickly: (request) => orNull(local(limits.quickAdmissionLimits, 'admission').decideAdmission(request)),
    admit: (request, limitMs) =>
      patiently(() =>
        wf
          .proxyActivities<RegistrationActivities>({
            ...limits.admissionLimits,
            ...(limitMs === null ? {} : { scheduleToCloseTimeout: limitMs }),
            summary: limitMs === null ? 'admission, once it can be decided' : 'admission, while the node waits',
          })
          .decideAdmission(request),
      ),
    async deliver(offer) {
      const options = { ...limits.deliveryLimits, summary: `offer of attempt ${offer.epoch} to the node` };
      const answer = await orNull(wf.proxyActivities<RegistrationActivities>(options).deliverOffer(offer));
      return answer?.delivered ?? false;
    },
    show: shower(),
    runIsLong() {
      const { continueAsNewSuggested, historyLength } = wf.workflowInfo();
      const limit = input.limits?.history_events ?? Number.POSITIVE_INFINITY;
      return continueAsNewSuggested || historyLength >= limit || updates() >= updatesPerRun;
    },
    handlersFinished: () => wf.allHandlersFinished(),
    handlersSettled: () => wf.condition(wf.allHandlersFinished),
    telemetry,
    warn: (message, details) => wf.log.warn(message, { ...details }),
  };
}

function startTimer(ms: number, summary: string): Timer {
  const scope = new wf.CancellationScope({ cancellable: true });
  const fired = scope.run(async () => {
    try {
      await wf.sleep(ms, { summary });
      return true;
    } catch (error) {
      if (wf.isCancellation(error)) return false;
      throw error;
    }
  });
  return { fired, cancel: () => scope.cancel() };
}

function patiently<T>(call: () => Promise<T>): Patient<T | null> {
  const scope = new wf.CancellationScope({ cancellable: true });
  return { result: scope.run(() => orNull(call())), cancel: () => scope.cancel() };
}

function local(options: wf.LocalActivityOptions, summary: string): RegistrationActivities {
  return wf.proxyLocalActivities<RegistrationActivities>({
    ...options,
    localRetryThreshold: limits.localRetryThreshold,
    summary,
  });
}

/** The steps of a write, for people: `pending_registration → accepted → awaiting_ack`. */
function summaryOf({
  steps,
}: {
  readonly steps: readonly { readonly from_state: string | null; readonly to_state: string }[];
}) {
  return [steps[0]?.from_state ?? 'new', ...steps.map(({ to_state }) => to_state)].join(' → ');
}

/** @throws OmniBaseError for a refusal. Any other end is a defect of ours and stalls the workflow task, not the workflow */
async function refusable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw readRefusal(error) ?? defect(error);
  }
}

/** Null for whatever went wrong: the caller has another way. */
async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof wf.TemporalFailure) return null;
    throw error;
  }
}

/** A failure of Temporal would end the workflow; an ordinary error fails its task, which is tried again. */
function defect(error: unknown): unknown {
  return error instanceof wf.TemporalFailure
    ? new Error(`an activity ended in an unexpected way: ${error.message}`, { cause: error })
    : error;
}

/** Search attributes and memo change in one command each, and only when they differ from what is shown. */
function shower(): RegistrationPorts['show'] {
  const { typedSearchAttributes, memo } = wf.workflowInfo();
  const shown = {
    state: typedSearchAttributes.get({ name: 'OmniState', type: searchAttributes.OmniState }),
    node_type: typedSearchAttributes.get({ name: 'OmniNodeType', type: searchAttributes.OmniNodeType }),
    node_name: memo?.['node_name'] ?? null,
    component: memo?.['component'] ?? null,
  };
  return ({ state, node_type, node_name, component_ref }: RegistrationMemory, card) => {
    wf.setCurrentDetails(card);
    const pairs: Extract<Parameters<typeof wf.upsertSearchAttributes>[0], readonly unknown[]> = [];
    if (state !== null && state !== shown.state) pairs.push({ key: keyOf('OmniState'), value: state });
    if (node_type !== null && node_type !== shown.node_type) {
      pairs.push({ key: keyOf('OmniNodeType'), value: node_type });
    }
    if (pairs.length > 0) wf.upsertSearchAttributes(pairs);
    if (node_name !== shown.node_name || component_ref !== shown.component) {
      wf.upsertMemo({ node_name, component: component_ref });
    }
    Object.assign(shown, { state, node_type, node_name, component: component_ref });
  };
}

function keyOf(name: 'OmniState' | 'OmniNodeType') {
  return { name, type: searchAttributes[name] };
}
