/**
 * The details card of a registration in the Web UI (registration.md 11). Temporal renders it as Markdown, so text from
 * outside is put into code spans. Endpoints and metadata are not in it.
 */
import { describeState } from '../../domain/registration/states.ts';
import type { RegistrationLife } from './life.ts';

export function renderCard({ input, memory, settings }: RegistrationLife, now: number): string {
  const { state, due } = memory;
  if (state === null) return 'nothing is registered yet';
  const reason = memory.rejection_reason ?? memory.expiry_reason ?? memory.reason_code;
  const lines = [
    `**${code(memory.node_name ?? input.entity_id)}** ${memory.node_type ?? ''} ${code(memory.node_version ?? '')}: **${state}**`,
    '',
    describeState(state),
    '',
    `- epoch.version: \`${memory.epoch}.${memory.version}\`, attempt ${memory.attempt_number} of ${settings.max_attempts}`,
    ...row('ack deadline', memory.ack_deadline),
    ...row('liveness deadline', memory.liveness_deadline),
    ...row('next offer', due.retry === null ? null : new Date(due.retry).toISOString()),
    ...row('reason', reason),
    ...row('reported status', memory.reported_status),
    ...row('last known beat', memory.last_beat_at),
    ...row('component', memory.component_ref),
    ...row('policy', memory.policy_revision),
    `- domain: ${code(input.domain)}, path: ${memory.path}, deadlines: ${memory.mode}`,
    `- as of ${new Date(now).toISOString()}; heartbeats do not touch this card`,
    '',
    `Look: \`omnibase node get ${input.entity_id} --domain ${input.domain} --transitions\` · \`omnibase node watch ${input.entity_id} --domain ${input.domain}\``,
  ];
  return lines.join('\n');
}

function row(name: string, value: string | null): string[] {
  return value === null ? [] : [`- ${name}: ${code(value)}`];
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
}
