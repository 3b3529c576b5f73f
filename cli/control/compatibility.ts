/** Whether a running stack serves this program as it is (stages.md 6.1). */
import { type Handshake, protocolNumber } from '../../contracts/gateway.ts';
import { compatibility } from '../../local/up/compatibility.ts';
import { ownVersion } from '../version.ts';

export function isUsable(handshake: Handshake): boolean {
  return compatibility(handshake, { protocol: protocolNumber, version: ownVersion() }) === 'use';
}
