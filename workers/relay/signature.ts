/**
 * The signature of a webhook (docs/guides/events.md): HMAC-SHA-256, keyed by the shared secret, over the time of
 * sending and the exact bytes of the body, joined by a dot. The time is signed so that a recorded request cannot be sent
 * again later; it is the sender's clock, receivers allow five minutes.
 */
import { createHmac } from 'node:crypto';

export const signatureHeader = 'omnibase-signature';

/** @param unixSeconds time of sending @returns the header's value: `t=<seconds>,v1=<hex>` */
export function sign(secret: string, unixSeconds: number, body: string): string {
  const mac = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
  return `t=${unixSeconds},v1=${mac}`;
}
