/**
 * All routes of one gateway, and what to say about a request that none of them takes: another method
 * (405), or the nearest path (404). Paths longer than the longest route are not compared: a hostile
 * path must not buy computing time.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import { editDistance, nearest } from '../../domain/text/nearest.ts';
import type { Route } from './route.ts';

export interface RouteTable {
  readonly routes: readonly Route[];
  /** `OB007` when the path is known with other methods, else `OB005`. */
  refuse(method: string, path: string): OmniBaseError;
}

const longestCompared = 200;
const streamTypes: ReadonlySet<string> = new Set(['application/x-ndjson', 'text/event-stream']);

export function createRouteTable(routes: readonly Route[]): RouteTable {
  const patterns = routes.map((route) => ({ route, segments: route.path.split('/') }));
  const paths = [...new Set(routes.map(({ path }) => path))];
  return {
    routes,
    refuse(method, path) {
      const segments = path.split('/');
      const allowed = patterns.filter(({ segments: pattern }) => matches(pattern, segments)).map(({ route }) => route);
      if (allowed.length > 0) return notAllowed(method, path, allowed);
      const near = path.length > longestCompared ? null : nearestPath(segments, paths);
      return new OmniBaseError('OB005', {
        message: `there is no route ${method} ${path.slice(0, longestCompared)}`,
        details: { method, path: path.slice(0, longestCompared), ...(near === null ? {} : { nearest: near }) },
        ...(near === null ? {} : { next: `did you mean ${near}? All routes are listed in /api/v1/openapi.json` }),
      });
    },
  };
}

function notAllowed(method: string, path: string, routes: readonly Route[]): OmniBaseError {
  const allowed = new Set<string>(routes.map((route) => route.method));
  if (routes.some((route) => route.method === 'GET' && !streams(route))) allowed.add('HEAD');
  return new OmniBaseError('OB007', { details: { method, path, allowed: [...allowed].sort().join(', ') } });
}

/** Routes that answer a stream offer no HEAD: it would start the stream only to drop it. */
export function streams(route: Route): boolean {
  return Object.values(route.responses).some(({ type }) => type !== undefined && streamTypes.has(type));
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
  );
}

/** What stands where a route has a parameter does not count: it is masked on both sides. */
function nearestPath(segments: readonly string[], paths: readonly string[]): string | null {
  const near = paths.flatMap((path) => {
    const pattern = path.split('/');
    const masked = pattern.map((part) => (part.startsWith(':') ? '*' : part)).join('/');
    const given = segments.map((part, index) => (pattern[index]?.startsWith(':') ? '*' : part)).join('/');
    return nearest(within(given), [within(masked)]) === undefined
      ? []
      : [{ path, distance: editDistance(given, masked) }];
  });
  return near.sort((a, b) => a.distance - b.distance)[0]?.path ?? null;
}

/** The part that tells paths apart: a long common beginning would make everything look near. */
function within(path: string): string {
  return path.replace(/^\/api\/v1/, '');
}
