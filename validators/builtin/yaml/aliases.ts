/**
 * What the aliases of a document unfold to, worked out without unfolding them. A few hundred bytes can stand for
 * billions of nodes (the "billion laughs"), and a program that loads them runs out of memory.
 */
import { type Document, type Node, isAlias, isCollection, isPair } from 'yaml';

export interface AliasProblem {
  readonly rule: 'alias-bomb' | 'syntax';
  readonly message: string;
  readonly offset: number;
}

/** Unfolded, a document may have at most so many times the nodes it is written with. */
export const maxGrowth = 100;
/** Below this many nodes nothing is called a bomb. */
const harmlessNodes = 1000;

/** Problems of the aliases of one document, first the ones that name nothing, then the growth. */
export function checkAliases(document: Document.Parsed): AliasProblem[] {
  const problems: AliasProblem[] = [];
  const sizes = new Map<string, number>();
  const open = new Set<string>();
  let written = 0;
  let worst: { readonly offset: number; readonly size: number } | null = null;

  function measure(node: Node | null): number {
    if (node === null) return 0;
    written += 1;
    const offset = node.range?.[0] ?? 0;
    if (isAlias(node)) {
      const size = sizes.get(node.source);
      if (open.has(node.source)) {
        problems.push({ rule: 'alias-bomb', message: `*${node.source} stands inside what it names`, offset });
      } else if (size === undefined) {
        problems.push({ rule: 'syntax', message: `*${node.source} names no anchor before it`, offset });
      } else if (size > (worst?.size ?? 0)) worst = { offset, size };
      return size ?? 1;
    }
    const anchor = 'anchor' in node ? node.anchor : undefined;
    if (anchor !== undefined) open.add(anchor);
    let size = 1;
    if (isCollection(node)) {
      for (const item of node.items) {
        if (isPair(item)) size += measure(item.key as Node | null) + measure(item.value as Node | null);
        else size += measure(item as Node | null);
      }
    }
    if (anchor !== undefined) {
      open.delete(anchor);
      sizes.set(anchor, size);
    }
    return size;
  }

  const unfolded = measure(document.contents);
  const bomb = worst as { readonly offset: number; readonly size: number } | null;
  if (bomb !== null && unfolded > harmlessNodes && unfolded > maxGrowth * written) {
    const message = `the aliases unfold ${written} nodes to ${shortNumber(unfolded)}`;
    problems.push({ rule: 'alias-bomb', message, offset: bomb.offset });
  }
  return problems;
}

function shortNumber(value: number): string {
  return value < 1e6 ? String(value) : value.toExponential(0);
}
