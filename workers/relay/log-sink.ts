/** Events as lines of the log (registration.md 11): the type is the event code; no payload, it may hold metadata. */
import type { Logger } from 'pino';
import type { Notice } from '../../domain/outbox/notices.ts';
import type { Sink } from './sink.ts';

export function createLogSink(logger: Logger): Sink {
  const lines = logger.child({ component: 'events' });
  return {
    name: 'log',
    order: 'total',
    async deliver(notice) {
      const { code, ...fields } = lineOf(notice);
      if (notice.kind === 'incident') lines.warn({ event: code, ...fields }, 'many nodes fell silent at once');
      else lines.info({ event: code, ...fields }, code);
    },
  };
}

function lineOf(notice: Notice): { readonly code: string } & Readonly<Record<string, unknown>> {
  if (notice.kind === 'incident') {
    const { type, incident_id, count, sample } = notice.notice;
    return { code: type, incident_id, count, sample };
  }
  const { event } = notice;
  const { payload } = event;
  return {
    code: event.type,
    pub_seq: event.pub_seq,
    event_id: event.event_id,
    subject_kind: event.subject_kind,
    subject_id: event.subject_id,
    correlation_id: payload['correlation_id'],
    causation_id: payload['causation_id'],
    entity_id: payload['entity_id'],
    domain: event.domain,
    epoch: payload['epoch'],
    version: payload['version'],
    from: payload['from_state'],
    to: payload['to_state'],
    incident_id: payload['incident_id'],
  };
}
