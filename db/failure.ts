/**
 * Reads the errors of Postgres and its driver: is the server away, or did it refuse this statement?
 * Drizzle wraps the driver's error, so the causes are searched as well.
 */

/** Errors of the socket and of name resolution (Node) that mean "not there". */
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * SQLSTATE of a server that answers but cannot serve: connection exceptions (08), bad credentials (28), no such
 * database (3D), out of resources (53), shut down or starting (57P), statement timeout (57014), system error (58).
 */
const serverStates = /^(08|28|3D|53|57P|57014|58)/;

/** Errors of the driver that carry no code. */
const driverMessages =
  /timeout expired|timeout exceeded when trying to connect|query read timeout|connection terminated|connection timeout|client has encountered a connection error|client was closed|cannot use a pool after/i;

/** True when the database could not be reached or could not serve, so that a cache may answer instead. */
export function isUnavailable(error: unknown): boolean {
  return causes(error).some(
    (cause) =>
      socketCodes.has(codeOf(cause) ?? '') ||
      serverStates.test(sqlState(cause) ?? '') ||
      (cause instanceof Error && driverMessages.test(cause.message)),
  );
}

/** True when another transaction won a race and the same transaction may simply be run again. */
export function isTransient(error: unknown): boolean {
  return causes(error).some((cause) => ['40001', '40P01'].includes(codeOf(cause) ?? ''));
}

/** The five characters by which Postgres names a failure, or undefined when it is not one of Postgres. */
export function sqlState(error: unknown): string | undefined {
  return causes(error)
    .map(codeOf)
    .find((code) => code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !socketCodes.has(code));
}

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let next = error; next !== undefined && next !== null && found.length < 10; next = causeOf(next)) {
    found.push(next, ...(next instanceof AggregateError ? next.errors : []));
  }
  return found;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
