/**
 * Text search (registry.md 6): the text of a component and the words of a query are folded here, never by
 * Postgres, so that SQL and memory find the same.
 */
import type { ComponentMetadata } from '../../contracts/component.ts';

/** NFC and lower case. */
export function foldText(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** What is searched: folded name, namespace, description and tags, one a line, the name first. */
export function searchTextOf(metadata: ComponentMetadata): string {
  const { name, namespace, description, tags } = metadata;
  return [name, namespace, description ?? '', ...tags].map(foldText).join('\n');
}

/** The words of a query, folded, each once; every one must occur. */
export function searchTerms(text: string): string[] {
  return [...new Set(foldText(text).split(/\s+/u))].filter((term) => term !== '');
}

/** How well the name answers the words: 0 equals, 1 starts with them, 2 contains them, 3 found elsewhere. */
export function relevanceOf(searchText: string, terms: readonly string[]): 0 | 1 | 2 | 3 {
  const phrase = terms.join(' ');
  const name = searchText.slice(0, searchText.indexOf('\n'));
  if (name === phrase) return 0;
  if (name.startsWith(phrase)) return 1;
  return name.includes(phrase) ? 2 : 3;
}
