/** From `--patch`, `--set`, `--unset`, `--add-tag` and `--remove-tag` to one merge patch (RFC 7396). */
import { usageError } from '../arguments/usage.ts';

export interface PatchWishes {
  /** Document of `--patch`, undefined without one. */
  readonly patch: unknown;
  readonly set: readonly string[];
  readonly unset: readonly string[];
  readonly addTag: readonly string[];
  readonly removeTag: readonly string[];
}

/**
 * @param currentTags tags of the stored record; needed only for tag changes
 * @throws OB002 for a `--set` without `=` or with a path that cannot be
 */
export function buildPatch(wishes: PatchWishes, currentTags: readonly string[]): unknown {
  const { patch, set, unset, addTag, removeTag } = wishes;
  let result: unknown = patch ?? {};
  for (const given of set) {
    const at = given.indexOf('=');
    if (at < 1)
      throw usageError(
        `--set needs FIELD=VALUE, not ${JSON.stringify(given)}`,
        "write it like --set description='What it does'",
      );
    result = merge(result, nested('--set', given.slice(0, at), readValue(given.slice(at + 1))));
  }
  for (const field of unset) result = merge(result, nested('--unset', field, null));
  if (addTag.length === 0 && removeTag.length === 0) return result;
  const tags = new Set([...currentTags, ...addTag]);
  for (const tag of removeTag) tags.delete(tag);
  return merge(result, { tags: [...tags] });
}

/** JSON where it is JSON (`5000`, `true`, `["a"]`), else the text itself. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function nested(option: string, field: string, value: unknown): unknown {
  const keys = field.split('.');
  if (keys.some((key) => key === '' || key === '__proto__'))
    throw usageError(
      `${option} does not understand the field ${JSON.stringify(field)}`,
      'write fields like cache.ttl_seconds',
    );
  return keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

/** Joins two patches; a null stays, because it means "remove" when the patch is applied. */
function merge(left: unknown, right: unknown): unknown {
  if (!isMap(left) || !isMap(right)) return right;
  const joined: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right)) joined[key] = key in joined ? merge(joined[key], value) : value;
  return joined;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
