import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorCatalogue, OmniBaseError } from '../../../contracts/error.ts';

// The table of registry.md 5.9: class, codes, exit, HTTP status, retry.
const table = `
MetadataValidationError | SC001 SC002 SC003 SC004 SC005 SC006 SC007 SC009 SC010 MD001 MD002 MD003 MD004 MD005 MD006 MD007 MD008 MD009 LC001 LC002 LC005 LC006 RG021 | 2 | 422 | no
DuplicateComponentError | RG002 | 2 | 409 | no
ImmutableFieldError | RG012 | 2 | 409 | no
LifecycleTransitionError | LC003 LC004 | 2 | 409 | no
FilterSyntaxError | QY001 | 2 | 400 | no
VersionSpecError | QY002 | 2 | 400 | no
ReferenceSyntaxError | QY003 | 2 | 400 | no
CursorError | QY004 | 2 | 400 | no
IdempotencyKeyReusedError | RG020 | 2 | 409 | no
FileAccessError | FS001 FS003 FS008 FS009 | 2 | - | no
RegistryLookupError | RG001 | 3 | 404 | no
AmbiguousReferenceError | RG013 | 3 | 409 | no
VersionConflictError | RG008 | 3 | 409 | no
DependentsExistError | RG014 | 3 | 409 | no
CircularDependencyError | RG006 | 3 | 409 | no
DependencyResolutionError | RG007 | 3 | 409 | no
ResolutionLimitError | RG023 | 3 | 409 | no
LockDriftError | RG018 | 3 | 409 | no
RevisionConflictError | RG011 | 3 | 409 | no
ChangeLogExpiredError | RG017 | 3 | 410 | no
RegistryUnavailableError | RG016 | 3 | 503 | yes
RegistryReadOnlyError | RG015 | 3 | 503 | no
StaleSnapshotError | RG019 | 3 | 503 | yes
CacheCorruptionError | RG009 | 3 | 503 | yes
CapabilityError | SX001 | 5 | 403 | no
SignatureError | SX002 | 5 | 403 | no
SourceNotTrustedError | SX003 | 5 | 403 | no`;

const rows = table
  .trim()
  .split('\n')
  .flatMap((row) => {
    const [name = '', codes = '', exit, http, retry] = row.split('|').map((cell) => cell.trim());
    return codes
      .split(' ')
      .map((code) => [code, name, Number(exit), http === '-' ? null : Number(http), retry === 'yes'] as const);
  });

describe('the registry rows of the error catalogue', () => {
  it.each(rows)('%s is %s, exit %i, HTTP %s, retryable %s', (code, name, exit, http, retryable) => {
    expect(errorCatalogue[code as ErrorCode]).toMatchObject({ class: name, exit, http, retryable });
  });

  it.each(['SC008', 'MD010', 'LC008', 'ST001', 'RG010', 'RG021', 'RG022', 'FS005', 'FS007'])(
    '%s, a warning, is listed too',
    (code) => {
      expect(Object.hasOwn(errorCatalogue, code)).toBe(true);
    },
  );

  it('have names of their own and a remedy', () => {
    const names = Object.entries(errorCatalogue).map(([code, { name }]) => `${code.slice(0, 2)} ${name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const { remedy, name } of Object.values(errorCatalogue)) {
      expect(remedy).not.toBe('');
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    }
  });

  it('travel whole', () => {
    const error = new OmniBaseError('RG011', { details: { expected: 2, current: 3 } });
    expect(OmniBaseError.fromBody(JSON.parse(JSON.stringify(error.toBody()))).toBody()).toEqual(error.toBody());
    expect(error.message).toContain('expected revision 2, it has 3');
  });
});
