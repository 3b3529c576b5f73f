/** Carries what workflows of registrations tell out of their sandbox (registration.md 11): once, never on replay. */
import type { InjectedSinks } from '@temporalio/worker';
import type { RegistrationTelemetry } from '../contracts/node/workflow.ts';

/** By the name that `workflows/registration` calls. */
type RegistrationSinks = {
  readonly registration: { [Name in keyof RegistrationTelemetry]: RegistrationTelemetry[Name] };
};

/** Option `sinks` of a worker that runs registrations. */
export function registrationSinks(telemetry: RegistrationTelemetry): InjectedSinks<RegistrationSinks> {
  return {
    registration: {
      introspected: { fn: (_, reason, result) => telemetry.introspected(reason, result) },
      acked: { fn: (_, result) => telemetry.acked(result) },
      handshaken: { fn: (_, seconds) => telemetry.handshaken(seconds) },
      dropped: { fn: (_, message) => telemetry.dropped(message) },
      refused: { fn: (_, code) => telemetry.refused(code) },
    },
  };
}
