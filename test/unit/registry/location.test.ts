import { describe, expect, it } from 'vitest';
import { OmniBaseError } from '../../../contracts/error.ts';
import { cacheLocation, databaseKey } from '../../../registry/cache/file/location.ts';

describe('the key of a database', () => {
  const key = databaseKey('postgres://someone:secret@db.example:5432/omnibase');

  it('is 16 hex digits', () => {
    expect(key).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    'postgresql://someone:secret@db.example/omnibase',
    'postgres://another:password@DB.example:5432/omnibase',
    'postgres://db.example:5432/omnibase?sslmode=require&application_name=x',
  ])('is the same for %s', (url) => {
    expect(databaseKey(url)).toBe(key);
  });

  it.each([
    'postgres://someone@db.example:5433/omnibase',
    'postgres://someone@other.example/omnibase',
    'postgres://someone@db.example/other',
    'postgres://someone@db.example/omnibase?host=/run/postgres',
  ])('differs for %s', (url) => {
    expect(databaseKey(url)).not.toBe(key);
  });

  it('differs by schema', () => {
    expect(databaseKey('postgres://db.example/omnibase', 'other')).not.toBe(key);
  });

  it('takes the user for the database, as Postgres does', () => {
    expect(databaseKey('postgres://omnibase@db.example')).toBe(databaseKey('postgres://x@db.example/omnibase'));
  });

  it('does not show what is no URL', () => {
    const secret = 'not a url: hunter2';
    expect(() => databaseKey(secret)).toThrow(OmniBaseError);
    try {
      databaseKey(secret);
    } catch (error) {
      expect(JSON.stringify((error as OmniBaseError).toBody())).not.toContain('hunter2');
    }
  });
});

it('the folder of a cache lies below the cache folder, by key', () => {
  expect(cacheLocation('/var/cache/omni', 'abc')).toMatchObject({
    directory: '/var/cache/omni/registry/abc',
    components: '/var/cache/omni/registry/abc/components.jsonl',
  });
});
