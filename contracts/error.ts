/**
 * The error catalogue and the one error type of the product.
 *
 * Glossary: a **code** names one cause (`RG011`); a **name** is its snake_case word
 * (`revision_conflict`); a **class** groups codes for readers (`RevisionConflictError`); an
 * **issue** is one located problem inside a rejected document.
 *
 * Each area keeps its entries in `contracts/errors/<area>.ts`; this file joins them. The page
 * `docs/reference/errors.md` is generated from the joined table.
 */
import { executionErrors } from './errors/execution.ts';
import { nodeErrors } from './errors/node.ts';
import { orchestrationErrors } from './errors/orchestration.ts';
import { platformErrors } from './errors/platform.ts';
import { registryErrors } from './errors/registry.ts';
import { runErrors } from './errors/run.ts';
import { securityErrors } from './errors/security.ts';

/** One row of the catalogue. */
export interface ErrorEntry {
  /** snake_case word, unique. */
  readonly name: string;
  /** Name of the class people and logs see, e.g. `MetadataValidationError`. */
  readonly class: string;
  /** Process exit code, `platform.md` 4. */
  readonly exit: number;
  /** HTTP status, or null where the error never crosses HTTP. */
  readonly http: number | null;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** Default message; `{key}` is replaced from `details`. */
  readonly message: string;
  /** What to do next: one sentence or one command. `{key}` is replaced from `details`. */
  readonly remedy: string;
}

/** Every code of the product with its row. */
export const errorCatalogue = {
  ...platformErrors,
  ...registryErrors,
  ...securityErrors,
  ...orchestrationErrors,
  ...executionErrors,
  ...nodeErrors,
  ...runErrors,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** One located problem of a document (registry.md 5.9). */
export interface Issue {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** Dotted path of the field, empty for the document itself. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly received?: string;
  /** 1-based position in the source text, when known. */
  readonly line?: number;
  readonly column?: number;
  readonly hint?: string;
}

/** The serialised form: HTTP bodies, reports, Temporal failures, `--format json` on stderr. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly name: string;
  readonly class: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly Issue[];
  readonly next?: string;
}

export interface ErrorOptions {
  /** Replaces the default message of the catalogue. */
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly Issue[];
  /** Replaces the remedy of the catalogue. */
  readonly next?: string;
  readonly cause?: unknown;
}

/** The only error the product throws on purpose. Its `code` must be in the catalogue. */
export class OmniBaseError extends Error {
  readonly code: ErrorCode;
  readonly class: string;
  readonly exitCode: number;
  readonly httpStatus: number;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly issues: readonly Issue[] | undefined;
  readonly next: string;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const entry: ErrorEntry = errorCatalogue[code];
    super(options.message ?? fill(entry.message, options.details), { cause: options.cause });
    this.name = entry.class;
    this.code = code;
    this.class = entry.class;
    this.exitCode = entry.exit;
    this.httpStatus = entry.http ?? 500;
    this.retryable = entry.retryable;
    this.details = options.details;
    this.issues = options.issues;
    this.next = options.next ?? fill(entry.remedy, options.details);
  }

  /** The serialised form; `OmniBaseError.fromBody` is its inverse. */
  toBody(): ErrorBody {
    return {
      code: this.code,
      name: errorCatalogue[this.code].name,
      class: this.class,
      message: this.message,
      retryable: this.retryable,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.issues === undefined ? {} : { issues: this.issues }),
      next: this.next,
    };
  }

  /** Rebuilds an error that crossed HTTP or Temporal; an unknown code becomes `OB001`. */
  static fromBody(body: Partial<ErrorBody> & { readonly message?: string }): OmniBaseError {
    const known = body.code !== undefined && Object.hasOwn(errorCatalogue, body.code);
    return new OmniBaseError(known && body.code !== undefined ? body.code : 'OB001', {
      ...(body.message === undefined ? {} : { message: body.message }),
      ...(body.details === undefined ? {} : { details: body.details }),
      ...(body.issues === undefined ? {} : { issues: body.issues }),
      ...(body.next === undefined ? {} : { next: body.next }),
    });
  }
}

/** Exit codes in the order in which one beats another within one command (`platform.md` 4). */
const exitPrecedence = [130, 143, 124, 6, 5, 4, 3, 2, 1, 0] as const;

/** The exit code of a command that met several: the first in precedence order. */
export function worstExitCode(codes: readonly number[]): number {
  return exitPrecedence.find((code) => codes.includes(code)) ?? (codes.length === 0 ? 0 : Math.max(...codes));
}

function fill(template: string, details: Readonly<Record<string, unknown>> | undefined): string {
  return template.replaceAll(/\{([a-z_]+)\}/g, (whole, key: string) => {
    const value = details?.[key];
    return value === undefined || value === null ? whole : typeof value === 'string' ? value : JSON.stringify(value);
  });
}
