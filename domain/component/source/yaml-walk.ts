/**
 * The walk from composed YAML nodes to plain values (registry.md 2.8): notes where each member stands and what
 * the rules refuse. Work is bounded by the size of the text plus 100 nodes for all aliases together.
 */
import { type Alias, isAlias, isScalar, isSeq, type ParsedNode, Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { documentLimits } from '../../../contracts/component-values.ts';
import type { Issue } from '../../../contracts/error.ts';
import { quote } from '../../json/values.ts';
import type { Path, PositionTable } from './positions.ts';

type Node = ParsedNode | null;

/** Members whose plain scalars are text whatever they look like: `12e5` is a hash, not a number. */
const sourceTextMembers: ReadonlySet<string> = new Set([
  'hash',
  'source_repository.commit_hash',
  'source_repository\u0000commit_hash',
]);

export class YamlWalk {
  readonly issues: Issue[] = [];
  readonly #positions: PositionTable;
  readonly #anchors = new Map<string, Node>();
  /** Nodes whose inside is being read: an alias to one of them would never end. */
  readonly #open = new Set<Node>();
  #aliasDepth = 0;
  #aliasNodes = 0;

  constructor(positions: PositionTable) {
    this.#positions = positions;
  }

  /** The plain value of a whole document. */
  root(node: Node): unknown {
    this.#positions.record([], node?.range[0] ?? 0);
    return this.#value(node, []);
  }

  #value(node: Node, path: Path): unknown {
    if (this.#aliasDepth > 0) this.#aliasNodes++;
    if (node === null || this.#exhausted) return null;
    if (isAlias(node)) return this.#alias(node, path);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return scalarValue(node, path);
    this.#open.add(node);
    const value = isSeq(node) ? this.#sequence(node, path) : this.#mapping(node, path);
    this.#open.delete(node);
    return value;
  }

  /** Once the aliases are worth more than they may be, nothing of them is read any more. */
  get #exhausted(): boolean {
    return this.#aliasNodes > documentLimits.alias_nodes;
  }

  #alias(alias: Alias.Parsed, path: Path): unknown {
    const node = this.#anchors.get(alias.source);
    if (node === undefined)
      return this.#refuse(alias, path, `no anchor ${quote(alias.source)} stands before this alias`);
    if (this.#open.has(node)) return this.#refuse(alias, path, 'an alias inside what it stands for never ends');
    this.#aliasDepth++;
    const value = this.#value(node, path);
    this.#aliasDepth--;
    if (this.#exhausted && this.#aliasDepth === 0) {
      this.#refuse(alias, path, `aliases stand for more than ${String(documentLimits.alias_nodes)} nodes together`);
    }
    return value;
  }

  #sequence(node: YAMLSeq.Parsed, path: Path): unknown[] {
    const items: unknown[] = [];
    for (const [index, item] of node.items.entries()) {
      if (this.#exhausted) break;
      const at = [...path, index];
      if (this.#aliasDepth === 0) this.#positions.record(at, item.range[0]);
      items.push(this.#value(item, at));
    }
    return items;
  }

  #mapping(node: YAMLMap.Parsed, path: Path): unknown {
    const members = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      if (this.#exhausted) break;
      const name = this.#key(key, path);
      const at = [...path, name];
      if (members.has(name)) this.#refuse(key, at, `the key ${quote(name)} stands here twice`);
      if (this.#aliasDepth === 0) this.#positions.record(at, key.range[0]);
      members.set(name, this.#value(value, at));
    }
    return Object.fromEntries(members);
  }

  /** With `stringKeys` the library has refused everything but scalars, and reads those as text. */
  #key(key: ParsedNode, path: Path): string {
    if (!isScalar(key)) return '';
    if (key.anchor !== undefined) this.#anchors.set(key.anchor, key);
    if (key.value === '<<' && key.type === Scalar.PLAIN) this.#refuse(key, path, 'merge keys are not read');
    return String(key.value);
  }

  #refuse(node: ParsedNode, path: Path, message: string): null {
    const { line, column } = this.#positions.at(node.range[0]);
    this.issues.push({ code: 'SC001', severity: 'error', path: path.join('.'), message, line, column });
    return null;
  }
}

function scalarValue(node: Scalar.Parsed, path: Path): unknown {
  const plain = node.type === Scalar.PLAIN && node.tag === undefined && node.value !== null;
  return plain && sourceTextMembers.has(path.join('\u0000')) ? node.source : node.value;
}
