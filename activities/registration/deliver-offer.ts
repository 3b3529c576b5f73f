/**
 * Posts an offer to the endpoint `control` that the node named (registration.md 9, platform.md 6): 3 s, no redirects,
 * loopback and allowed networks only. What the node answers beyond a 2xx does not matter: the offer can be had from
 * heartbeat answers as well.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { OfferDelivery } from '../../contracts/node/workflow.ts';
import { type AllowedAddresses, allowedAddresses, ForbiddenAddressError } from './allowed-addresses.ts';
import type { RegistrationActivityDeps } from './deps.ts';

/** For connecting, sending and the first line of the answer, together, ms. */
export const postLimitMs = 3_000;

type DeliveryDeps = Pick<RegistrationActivityDeps, 'projector' | 'observer' | 'allowedNetworks'>;

/** @throws nothing: what could not be delivered is told by `delivered` */
export async function deliverOffer(deps: DeliveryDeps, offer: OfferDelivery): Promise<{ readonly delivered: boolean }> {
  const loaded = await deps.projector.load(offer.entity_id, offer.domain);
  const endpoint = loaded?.row.endpoints['control'];
  // Another attempt has begun: this offer is nobody's any more.
  if (endpoint === undefined || loaded?.row.attempt_id !== offer.attempt_id) {
    deps.observer?.delivered?.('no_endpoint');
    return { delivered: false };
  }
  const result = await post(endpoint, offer, allowedAddresses(deps.allowedNetworks));
  deps.observer?.delivered?.(result);
  return { delivered: result === 'delivered' };
}

function bodyOf({ entity_id, domain, epoch, attempt_id, ack_deadline, ack_in_ms }: OfferDelivery): string {
  return JSON.stringify({ node_id: entity_id, domain, epoch, attempt_id, ack_deadline, ack_in_ms, next: 'ack' });
}

async function post(
  endpoint: string,
  offer: OfferDelivery,
  allowed: AllowedAddresses,
): Promise<'delivered' | 'not_allowed' | 'failed'> {
  const url = new URL(endpoint);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // An address needs no lookup, so it is checked here.
  const forbidden = (isIP(host) !== 0 && !allowed.has(host)) || !/^https?:$/.test(url.protocol);
  if (forbidden) return 'not_allowed';
  try {
    const status = await send(url, bodyOf(offer), allowed);
    return status >= 200 && status < 300 ? 'delivered' : 'failed';
  } catch (error) {
    return error instanceof ForbiddenAddressError ? 'not_allowed' : 'failed';
  }
}

function send(url: URL, body: string, allowed: AllowedAddresses): Promise<number> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        lookup: allowed.lookup,
        signal: AbortSignal.timeout(postLimitMs),
        // One call every now and then: no connection is kept for the next.
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        // Its body is of no interest, however long it is.
        response.destroy();
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
