/** Text that callers give beside a document: reasons, sources, keys. Stored as it is, so it must be storable. */
import { OmniBaseError } from '../../contracts/error.ts';
import { validationError } from '../../domain/component/validation-error.ts';

const longest = { reason: 8_192, 'source.ref': 4_096 } as const;

/** @throws SC002 for characters Postgres cannot store, SC006 when it is too long */
export function checkText(path: keyof typeof longest, text: string | undefined): void {
  if (text === undefined) return;
  if (text.includes('\u0000') || !text.isWellFormed()) {
    throw validationError([{ code: 'SC002', severity: 'error', path, message: 'holds a character that is refused' }]);
  }
  if (text.length > longest[path]) {
    const message = `is longer than ${longest[path]} characters`;
    throw validationError([{ code: 'SC006', severity: 'error', path, message }]);
  }
}

/** @throws OB004 when an idempotency key is not 1-255 printable ASCII characters */
export function checkKey(key: string | undefined): void {
  if (key === undefined || /^[\x20-\x7e]{1,255}$/.test(key)) return;
  throw new OmniBaseError('OB004', {
    message: 'an idempotency key is 1 to 255 printable ASCII characters',
    next: 'use a uuid as the key',
  });
}
