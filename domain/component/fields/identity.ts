/** Readers of what identifies a component: uuid, name, namespace, version, type, format versions. */
import { componentTypes, type ComponentType, typeSynonyms } from '../../../contracts/component-values.ts';
import { isUuid } from '../../versions/reference.ts';
import { isVersion } from '../../versions/version.ts';
import { describeValue, quote } from '../../json/values.ts';
import { fail, failType, type Reader } from '../reading/place.ts';
import { asText, oneOf, text } from '../reading/scalars.ts';

/** 8-4-4-4-12 hexadecimal digits, any case and version; written in lower case. MD004. */
export const uuid: Reader<string> = (value, at) => {
  const given = asText(value, at)?.trim();
  if (given === undefined) return undefined;
  if (isUuid(given)) return given.toLowerCase();
  return fail(at, 'MD004', `${quote(given)} is no uuid`, () => ({
    expected: '8-4-4-4-12 hexadecimal digits',
    received: describeValue(given),
  }));
};

const nameText = text({ form: { pattern: /^\P{Cc}*$/u, expected: 'a name without control characters' } });
const plainName = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** Any text of 1-255 characters; a warning (SC007) when no reference can spell it. */
export const componentName: Reader<string> = (value, at) => {
  const name = nameText(value, at);
  if (name !== undefined && !plainName.test(name)) {
    at.problems.warn('SC007', at.path, `no reference can spell ${quote(name)}: it is reachable by uuid only`, () => ({
      expected: 'letters, digits and . _ + -, beginning with a letter or digit',
    }));
  }
  return name;
};

export const namespace: Reader<string> = text({
  form: {
    pattern: /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/,
    expected: 'a namespace of letters, digits, _ and -, segments joined by single dots',
    code: 'MD008',
  },
});

/** Semantic Versioning 2.0. MD007; SC004 for a YAML number. */
export const version: Reader<string> = (value, at) => {
  if (typeof value === 'number') {
    return failType(at, 'text', value, `write it in quotes: "${repaired(String(value)) ?? '1.0.0'}"`);
  }
  const given = asText(value, at)?.trim();
  if (given === undefined) return undefined;
  if (isVersion(given)) return given;
  const meant = repaired(given);
  return fail(at, 'MD007', `${quote(given)} is no semantic version`, () => ({
    expected: 'a version like 1.2.3 or 1.2.3-rc.1+build',
    received: describeValue(given),
    ...(meant === null ? {} : { hint: `write ${meant}` }),
  }));
};

/** The version that was most likely meant, null when nobody can tell. */
function repaired(given: string): string | null {
  const numbers = /^[vV=]?(\d{1,9})(?:[._](\d{1,9}))?(?:[._](\d{1,9}))?$/.exec(given);
  return numbers === null ? null : [1, 2, 3].map((part) => String(Number(numbers[part] ?? '0'))).join('.');
}

export const componentType: Reader<ComponentType> = oneOf(componentTypes, { synonyms: typeSynonyms });

const threeNumbers = text({
  max: 64,
  form: { pattern: /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)$/, expected: 'a version like 1.1.0' },
});

/** Version of a format; another major than the known one is accepted with a warning of `code`. */
export function formatVersion(known: string, code: 'MD010' | 'SC008'): Reader<string> {
  const major = known.split('.', 1)[0];
  return (value, at) => {
    const read = threeNumbers(value, at);
    if (read !== undefined && read.split('.', 1)[0] !== major) {
      at.problems.warn(code, at.path, `major version ${quote(read)} is not the ${known} this release knows`, () => ({
        expected: `${String(major)}.x.y`,
        received: read,
      }));
    }
    return read;
  };
}
