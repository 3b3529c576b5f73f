/**
 * Who asks, and may they: the one place that decides both (platform.md 6).
 *
 * A connection that came through the unix socket is the local user, whom the file permission 0600 has
 * already admitted; every other connection needs `Authorization: Bearer omb_…`. The connection is known by
 * the server object that accepted it, never by an address: a socket that has just been closed has none.
 * Then the capability of the route is checked, unless its service does that: the registry checks each component and
 * records denials.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { userInfo } from 'node:os';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OmniBaseError } from '../../contracts/error.ts';
import { type Capability, capabilities } from '../../contracts/gateway.ts';
import type { Principal } from '../../contracts/registry.ts';
import type { RouteTable } from '../routing/route-table.ts';

/** Looks a token up; null when it is not known, expired or revoked. */
export type Authenticate = (token: string) => Promise<Principal | null> | Principal | null;

/** A call that was refused for want of a capability. */
export interface Denial {
  readonly principal: string;
  readonly capability: Capability;
  /** Operation id of the route. */
  readonly operation: string;
  readonly correlation_id: string;
}

export interface AuthOptions {
  readonly table: RouteTable;
  readonly localPrincipal: Principal;
  readonly authenticate: Authenticate | undefined;
  /** Told of every denial; must not throw. */
  readonly onDenied: ((denial: Denial) => void) | undefined;
  /** Sockets accepted by the unix listener. */
  readonly localSockets: WeakSet<object>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until authenticated, and on public routes. */
    principal: Principal | null;
  }
}

/** Who asks on public routes. */
export const nobody: Principal = { id: 'anonymous', kind: 'user', capabilities: [] };

export function installAuth(app: FastifyInstance, options: AuthOptions): void {
  app.decorateRequest('principal', null);
  app.addHook('onRequest', async (request) => {
    const route = request.routeOptions.config.route;
    if (route?.access === 'public') return;
    const local = options.localSockets.has(request.raw.socket);
    const principal = local ? options.localPrincipal : await tokenPrincipal(request, options.authenticate);
    request.principal = principal;
    // Only who is admitted learns which routes exist.
    if (route === undefined) throw options.table.refuse(request.method, pathOf(request));
    if (route.access === 'known' || route.checkedByService === true || hasCapability(principal, route.access)) return;
    const { access: capability, operation } = route;
    options.onDenied?.({ principal: principal.id, capability, operation, correlation_id: request.id });
    throw new OmniBaseError('SX001', { details: { capability, principal: principal.id } });
  });
}

/** The user of this machine on the local socket: everything is granted. */
export function localUser(): Principal {
  return { id: `local:${userName()}`, kind: 'user', capabilities };
}

/** In a container the user id may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'user');
  }
}

/** One fixed token, known by the SHA-256 of its text in hex; for set-ups without a token table. */
export function staticToken(sha256Hex: string, principal: Principal): Authenticate {
  const known = Buffer.from(sha256Hex, 'hex');
  return (token) => {
    const given = createHash('sha256').update(token).digest();
    return known.length === given.length && timingSafeEqual(known, given) ? principal : null;
  };
}

/**
 * Whether some grant of the principal covers the capability, on any resource (`registry.write:tool/*`
 * covers `registry.write` here). `admin` and `*` cover everything, write includes read; upper-case
 * aliases count.
 */
export function hasCapability(principal: Principal, capability: Capability): boolean {
  const accepted = new Set<string>(['*', 'admin', capability, ...(includedIn[capability] ?? [])]);
  return principal.capabilities.some((grant) => {
    const [type = ''] = grant.split(':');
    return accepted.has(aliases[type] ?? type);
  });
}

const includedIn: Partial<Record<Capability, readonly Capability[]>> = { 'registry.read': ['registry.write'] };
const aliases: Readonly<Record<string, Capability>> = {
  REGISTRY_READ: 'registry.read',
  REGISTRY_WRITE: 'registry.write',
  REGISTRY_ADMIN: 'admin',
};

async function tokenPrincipal(request: FastifyRequest, authenticate: Authenticate | undefined): Promise<Principal> {
  const token = /^Bearer (omb_[A-Za-z0-9_-]{16,256})$/i.exec(request.headers.authorization ?? '')?.[1];
  const principal = token === undefined || authenticate === undefined ? null : await authenticate(token);
  if (principal === null) throw new OmniBaseError('OB006');
  return principal;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}
