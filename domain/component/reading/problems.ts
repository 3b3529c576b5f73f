/**
 * Collects every problem of a document (registry.md 5.9), with position and strictness applied, and bounded: a
 * hostile document may hold more mistakes than anyone wants to read.
 */
import type { Issue } from '../../../contracts/error.ts';
import type { Locate, Path } from '../source/positions.ts';

/** Warnings that strict mode turns into errors (registry.md 2.10). */
const strictCodes: ReadonlySet<string> = new Set([
  'SC003',
  'SC007',
  'SC009',
  'SC010',
  'MD006',
  'MD007',
  'LC002',
  'RG007',
  'RG021',
]);

/** Issues of one severity that are listed; the rest are only counted. */
const mostListed = 100;

/** Longest path segment that is shown. */
const longestSegment = 80;

export type IssueFacts = Pick<Issue, 'expected' | 'received' | 'hint'>;

export interface ProblemOptions {
  readonly strict?: boolean | undefined;
  readonly locate?: Locate | undefined;
}

export class Problems {
  readonly #strict: boolean;
  readonly #locate: Locate;
  readonly #listed = { error: [] as Issue[], warning: [] as Issue[] };
  readonly #more = { error: 0, warning: 0 };

  constructor(options: ProblemOptions = {}) {
    this.#strict = options.strict ?? false;
    this.#locate = options.locate ?? (() => undefined);
  }

  error(code: string, path: Path, message: string, facts?: () => IssueFacts): void {
    this.#add('error', code, path, message, facts);
  }

  /** A warning, or an error if the code is one that strict mode promotes. */
  warn(code: string, path: Path, message: string, facts?: () => IssueFacts): void {
    const promoted = this.#strict && strictCodes.has(code);
    this.#add(promoted ? 'error' : 'warning', code, path, message, facts);
  }

  get hasErrors(): boolean {
    return this.#listed.error.length > 0;
  }

  /** All problems, errors first, each group in the order in which it was found. */
  list(): Issue[] {
    return [...this.#closed('error'), ...this.#closed('warning')];
  }

  /** `facts` is a function because a nearest name is dear to find, and pointless once the list is full. */
  #add(severity: Issue['severity'], code: string, path: Path, message: string, facts?: () => IssueFacts): void {
    const listed = this.#listed[severity];
    if (listed.length >= mostListed) this.#more[severity]++;
    else listed.push({ code, severity, path: formatPath(path), message, ...facts?.(), ...this.#locate(path) });
  }

  #closed(severity: Issue['severity']): readonly Issue[] {
    const [listed, more] = [this.#listed[severity], this.#more[severity]];
    if (more === 0) return listed;
    const message = `${String(more)} more ${severity}s are not listed`;
    return [...listed, { code: 'SC006', severity, path: '', message }];
  }
}

/** Dotted path, positions in lists as numbers from 0. */
function formatPath(path: Path): string {
  return path.map((segment) => cut(String(segment))).join('.');
}

function cut(segment: string): string {
  return segment.length > longestSegment ? `${segment.slice(0, longestSegment)}…` : segment;
}
