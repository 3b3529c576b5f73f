/**
 * Where a gateway is: a unix socket of this machine, or an origin with a token.
 *
 * `node:http` is taken by `process.getBuiltinModule`: an `import` of it reads every export, the WebSocket among them,
 * and so loads the fetch implementation; 25 ms against 3 ms at the start of every command (Node 24).
 */
import type { RequestOptions, request } from 'node:http';
import { OmniBaseError } from '../../contracts/error.ts';

export type ApiTarget = { readonly socketPath: string } | { readonly url: string; readonly token?: string };

/** How to reach a target with `node:http`. */
export interface Route {
  /** For messages: the socket path or the origin. */
  readonly address: string;
  /** Part of the URL before `/api`, without a slash at its end. */
  readonly prefix: string;
  readonly options: RequestOptions;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: typeof request;
  close(): void;
}

/** @throws OB003 when the URL is not `http(s)://host[:port][/prefix]` */
export function routeTo(target: ApiTarget): Route {
  return 'socketPath' in target ? socketRoute(target.socketPath) : originRoute(target.url, target.token);
}

function socketRoute(socketPath: string): Route {
  const http = process.getBuiltinModule('node:http');
  const agent = new http.Agent({ keepAlive: true });
  return {
    address: socketPath,
    prefix: '',
    options: { socketPath, agent },
    headers: { host: 'localhost' },
    request: http.request,
    close: () => agent.destroy(),
  };
}

function originRoute(text: string, token: string | undefined): Route {
  const url = parseUrl(text);
  const secure = url.protocol === 'https:';
  // TLS is loaded only by those who use it.
  const { Agent, request } = process.getBuiltinModule(secure ? 'node:https' : 'node:http');
  const agent = new Agent({ keepAlive: true });
  return {
    address: url.origin,
    prefix: url.pathname.replace(/\/+$/, ''),
    options: {
      protocol: url.protocol,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      ...(url.port === '' ? {} : { port: url.port }),
      agent,
    },
    headers: { host: url.host, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    request,
    close: () => agent.destroy(),
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (plain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  // Not echoed: it may hold a password.
  throw new OmniBaseError('OB003', {
    message: 'the gateway URL must have the form http(s)://host[:port], without user, query or fragment',
    next: 'correct OMNIBASE_URL or --address; a token goes into OMNIBASE_TOKEN',
  });
}
