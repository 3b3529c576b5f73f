/** Names of the Temporal headers the product sets; values are JSON payloads. */

export const correlationHeaderName = 'omnibase-correlation-id';
