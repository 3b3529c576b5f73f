/**
 * Where the product may call nodes (platform.md 6): loopback and the networks an operator allowed. The check sits where
 * a name becomes an address, so that a name cannot point elsewhere between check and call.
 */
import { lookup as resolveName, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** The address is outside what is allowed. */
export class ForbiddenAddressError extends Error {
  readonly code = 'EFORBIDDEN';

  constructor() {
    // The address came from a node: it stays out of texts.
    super('the endpoint is not on loopback or an allowed network');
    this.name = 'ForbiddenAddressError';
  }
}

export interface AllowedAddresses {
  has(address: string): boolean;
  /** For sockets: resolves a name to addresses that are allowed, or fails. */
  readonly lookup: LookupFunction;
}

/** @param networks CIDR notation, IPv4 or IPv6; others throw a RangeError */
export function allowedAddresses(networks: readonly string[] = []): AllowedAddresses {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  for (const network of networks) addNetwork(list, network);
  const has = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
  return { has, lookup: (hostname, options, callback) => lookupAllowed(has, hostname, options, callback) };
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', prefix = ''] = network.split('/');
  const family = isIP(address);
  const bits = Number(prefix);
  const most = family === 6 ? 128 : 32;
  if (family === 0 || prefix === '' || !Number.isInteger(bits) || bits < 0 || bits > most) {
    throw new RangeError(`${network} is no network in CIDR notation`);
  }
  list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
}

type LookupCallback = Parameters<LookupFunction>[2];

function lookupAllowed(
  has: (address: string) => boolean,
  hostname: string,
  options: LookupOptions,
  callback: LookupCallback,
): void {
  resolveName(hostname, { ...options, all: true }, (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
    if (error !== null) return callback(error, '', 0);
    const allowed = found.filter(({ address }) => has(address));
    const [first] = allowed;
    if (first === undefined) return callback(new ForbiddenAddressError(), '', 0);
    if (options.all === true) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
}
