/**
 * A walk over the events of parsed YAML: keys that stand twice, aliases that name nothing or unfold without bound, tags
 * that are not wanted. Nothing is constructed and nothing calls itself, so depth and aliases cost nothing.
 */
import { EVENT_ID, type Event, SCALAR_STYLE, getScalarValue } from 'js-yaml';

export interface YamlProblem {
  readonly rule: 'syntax' | 'duplicate-key' | 'alias-bomb';
  readonly message: string;
  /** UTF-16 offset. */
  readonly offset: number;
  /** For a key that stands twice: offset of the first one. */
  readonly first?: number;
}

export interface WalkSettings {
  readonly multiDocument: boolean;
  /** Tags that may occur besides those of YAML itself; null for any. */
  readonly tags: readonly string[] | null;
}

/** Unfolded, a document may have at most so many times the nodes it is written with. */
export const maxGrowth = 100;
/** Below this many nodes nothing is called a bomb. */
const harmlessNodes = 1000;

type ScalarEvent = Extract<Event, { readonly type: typeof EVENT_ID.SCALAR }>;
type AnchoredEvent = Exclude<Event, { readonly type: typeof EVENT_ID.DOCUMENT | typeof EVENT_ID.POP }>;

/** An open collection or document. */
interface Frame {
  /** Keys seen so far with their places; null unless it is a mapping. */
  readonly keys: Map<string, number> | null;
  readonly anchor: string | null;
  /** Nodes in it when all aliases are unfolded. */
  size: number;
  /** In a mapping every other node is a key. */
  children: number;
}

/** Problems of all documents of a text, in the order of their places. */
export function walkYaml(text: string, events: readonly Event[], settings: WalkSettings): YamlProblem[] {
  const problems: YamlProblem[] = [];
  const stack: Frame[] = [];
  let anchors = new Map<string, number | 'open'>();
  let documents = 0;
  let written = 0;
  let largest = { size: 0, offset: 0 };

  function beginDocument(): void {
    documents += 1;
    anchors = new Map();
    written = 0;
    largest = { size: 0, offset: 0 };
    stack.push({ keys: null, anchor: null, size: 0, children: 0 });
  }

  function endCollection(): void {
    const frame = stack.pop();
    const parent = stack.at(-1);
    if (frame === undefined) return;
    if (frame.anchor !== null) anchors.set(frame.anchor, frame.size);
    if (parent !== undefined) parent.size += frame.size;
    else if (frame.size > harmlessNodes && frame.size > maxGrowth * written) {
      const message = `the aliases unfold ${written} nodes to ${shorten(frame.size)}`;
      problems.push({ rule: 'alias-bomb', message, offset: largest.offset });
    }
  }

  function takeAlias(name: string, offset: number): number {
    const size = anchors.get(name);
    if (size === undefined) problems.push({ rule: 'syntax', message: `*${name} names no anchor before it`, offset });
    else if (size === 'open') {
      problems.push({ rule: 'alias-bomb', message: `*${name} stands inside of what it names`, offset });
    } else {
      if (size > largest.size) largest = { size, offset };
      return size;
    }
    return 1;
  }

  function noteKey(keys: Map<string, number>, event: ScalarEvent): void {
    const key = keyOf(text, event);
    const offset = startOf(event);
    const first = keys.get(key.identity);
    // A merge key has no value of its own that another could replace.
    if (first === undefined) keys.set(key.identity, offset);
    else if (key.text !== '<<') problems.push({ rule: 'duplicate-key', message: key.text, offset, first });
  }

  for (const event of events) {
    if (event.type === EVENT_ID.DOCUMENT) {
      beginDocument();
      continue;
    }
    if (event.type === EVENT_ID.POP) {
      endCollection();
      continue;
    }
    const parent = stack.at(-1);
    if (documents === 2 && stack.length === 1 && !settings.multiDocument) {
      problems.push({ rule: 'syntax', message: 'a second document in the file', offset: startOf(event) });
    }
    written += 1;
    const keys = parent?.keys ?? null;
    const isKey = keys !== null && (parent?.children ?? 0) % 2 === 0;
    if (parent !== undefined) parent.children += 1;
    if (settings.tags !== null) checkTag(text, event, settings.tags, problems);
    const anchor = event.anchorStart < 0 ? null : text.slice(event.anchorStart, event.anchorEnd);
    if (event.type === EVENT_ID.ALIAS) {
      if (parent !== undefined) parent.size += takeAlias(anchor ?? '', event.anchorStart - 1);
    } else if (event.type === EVENT_ID.SCALAR) {
      if (isKey) noteKey(keys, event);
      if (parent !== undefined) parent.size += 1;
      if (anchor !== null) anchors.set(anchor, 1);
    } else {
      const own = event.type === EVENT_ID.MAPPING ? new Map<string, number>() : null;
      stack.push({ keys: own, anchor, size: 1, children: 0 });
      if (anchor !== null) anchors.set(anchor, 'open');
    }
  }
  return problems.sort((a, b) => a.offset - b.offset);
}

/** Keys are equal when their values are: `1` and `0x1` are one key, `1` and `"1"` are two. */
function keyOf(text: string, event: ScalarEvent): { readonly identity: string; readonly text: string } {
  const value = getScalarValue(text, event);
  const tag = event.tagStart < 0 ? '' : text.slice(event.tagStart, event.tagEnd);
  if (event.style !== SCALAR_STYLE.PLAIN || tag !== '') return { identity: `${tag} ${value}`, text: value };
  if (/^(?:|~|null|Null|NULL)$/.test(value)) return { identity: 'null', text: value };
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(value)) return { identity: value.toLowerCase(), text: value };
  const number = /^(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|0o[0-7]+|0x[0-9a-fA-F]+)$/.test(value);
  return { identity: number ? `number ${Number(value)}` : ` ${value}`, text: value };
}

function checkTag(text: string, event: AnchoredEvent, allowed: readonly string[], problems: YamlProblem[]): void {
  if (event.type === EVENT_ID.ALIAS || event.tagStart < 0) return;
  const tag = text.slice(event.tagStart, event.tagEnd);
  if (tag === '!' || tag.startsWith('!!') || tag.startsWith('!<tag:yaml.org,2002:') || allowed.includes(tag)) return;
  problems.push({ rule: 'syntax', message: `the tag ${tag} is not allowed`, offset: event.tagStart });
}

function startOf(event: AnchoredEvent): number {
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  if (event.type !== EVENT_ID.SCALAR) return event.start;
  const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
  return quoted ? event.valueStart - 1 : event.valueStart;
}

function shorten(count: number): string {
  return count < 1e6 ? String(count) : count.toExponential(0);
}
