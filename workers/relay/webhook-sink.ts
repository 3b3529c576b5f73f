/**
 * Webhooks (registration.md 6.4; docs/guides/events.md): one signed POST per notice, no redirects, three seconds. Any
 * 2xx is a delivery. Texts of failures never hold the URL: paths of webhooks are often secrets.
 */
import { createHash } from 'node:crypto';
import { OmniBaseError } from '../../contracts/error.ts';
import type { Notice } from '../../domain/outbox/notices.ts';
import { sign, signatureHeader } from './signature.ts';
import { type Sink, SinkRefusal } from './sink.ts';

/** One entry of `outbox.webhooks`. */
export interface WebhookSettings {
  readonly url: string;
  /** Environment variable that holds the secret. */
  readonly secret_env: string;
  /** Types of events; all when absent. */
  readonly types?: readonly string[] | undefined;
}

const timeoutMs = 3_000;
/**
 * Answers that tell about the address, the credentials or the moment, not about this very event: it is tried again for
 * as long as it is kept.
 */
const notAboutTheEvent = new Set([401, 403, 404, 405, 407, 408, 425, 429]);

/**
 * A sink per entry.
 *
 * @throws ND016 when an address is no plain http(s) URL, or the variable of a secret is missing or empty
 */
export function createWebhookSinks(settings: readonly WebhookSettings[], env: NodeJS.ProcessEnv): readonly Sink[] {
  const names = new Map<string, number>();
  return settings.map((setting, index) => {
    const url = checkedUrl(setting.url, index);
    const secret = env[setting.secret_env];
    if (secret === undefined || secret === '') {
      throw invalid(
        `outbox.webhooks[${index}].secret_env`,
        `the environment variable ${setting.secret_env} is not set`,
      );
    }
    const base = `webhook:${url.host}:${createHash('sha256').update(url.href).digest('hex').slice(0, 8)}`;
    const nth = (names.get(base) ?? 0) + 1;
    names.set(base, nth);
    const { types } = setting;
    return {
      // By address and not by position: entries may change places without losing their cursors.
      name: nth === 1 ? base : `${base}:${nth}`,
      ...(types === undefined ? {} : { types }),
      deliver: (notice, signal) => post({ url, secret, notice, signal }),
    };
  });
}

interface Post {
  readonly url: URL;
  readonly secret: string;
  readonly notice: Notice;
  readonly signal: AbortSignal;
}

async function post({ url, secret, notice, signal }: Post): Promise<void> {
  const content = notice.kind === 'event' ? notice.event : notice.notice;
  const body = JSON.stringify(content);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'omnibase-webhook',
    // The same for every attempt: receivers drop ids they know.
    'omnibase-event-id': notice.kind === 'event' ? notice.event.event_id : notice.notice.incident_id,
    'omnibase-event-type': content.type,
    [signatureHeader]: sign(secret, Math.floor(Date.now() / 1000), body),
  };
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
  } catch (error) {
    throw new Error(timeout.aborted ? `no answer within ${timeoutMs} ms` : `no connection (${codeOf(error)})`, {
      cause: error,
    });
  }
  // The status is the answer; a body without end must not hold the connection.
  await response.body?.cancel().catch(() => undefined);
  const { status } = response;
  if (response.ok) return;
  if (status >= 300 && status < 400) throw new Error(`redirected (HTTP ${status}), which is not followed`);
  const message = `answered HTTP ${status}`;
  throw status < 500 && !notAboutTheEvent.has(status) ? new SinkRefusal(message) : new Error(message);
}

function checkedUrl(text: string, index: number): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain) {
    throw invalid(`outbox.webhooks[${index}].url`, 'expected an http or https address without user name and password');
  }
  return url;
}

function invalid(key: string, reason: string): OmniBaseError {
  return new OmniBaseError('ND016', { details: { key, reason } });
}

/** The socket's code; the messages of fetch may name the address. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'failed';
}
