/**
 * Takes secrets out of whatever a validator says (stages.md 7.3): values of environment variables whose name speaks of
 * a secret, and texts in well-known key formats, become `[redacted:NAME]`.
 */

/** Names whose values are secrets. */
const secretName = /TOKEN|SECRET|PASSWORD|PASSWD|KEY|CREDENTIAL/i;
/** Shorter values would take ordinary words with them. */
const shortestSecret = 8;

/** Formats that are secrets wherever they stand. */
const keyFormats: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  {
    name: 'private-key',
    pattern: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----[\s\S]*?(?:-----END [A-Z0-9 ]*-----|$)/g,
  },
  { name: 'aws-key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { name: 'github-token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b/g },
  { name: 'gitlab-token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}\b/g },
  { name: 'slack-token', pattern: /\bxox[abprs]-[A-Za-z0-9-]{10,}\b/g },
  { name: 'api-key', pattern: /\bsk-[A-Za-z0-9_-]{20,}\b/g },
  { name: 'bearer-token', pattern: /\bomb_[A-Za-z0-9_-]{20,}\b/g },
];

/** Replaces secrets in a text. */
export type Redactor = (text: string) => string;

/** Builds the redactor for one environment; longer values are replaced first, so that none leaves a tail. */
export function createRedactor(environment: Readonly<Record<string, string | undefined>>): Redactor {
  const secrets = Object.entries(environment)
    .flatMap(([name, value]) =>
      value !== undefined && value.length >= shortestSecret && secretName.test(name) ? [{ name, value }] : [],
    )
    .sort((a, b) => b.value.length - a.value.length);
  return (text) => {
    let clean = text;
    for (const { name, value } of secrets) clean = clean.replaceAll(value, `[redacted:${name}]`);
    for (const { name, pattern } of keyFormats) clean = clean.replaceAll(pattern, `[redacted:${name}]`);
    return clean;
  };
}

/** Replaces secrets in every string of a JSON value, member names included. */
export function redactValue(value: unknown, redact: Redactor): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactValue(item, redact)]));
}
