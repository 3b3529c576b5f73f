/** The search attributes as typed keys; the list itself is `contracts/search-attributes.ts`. */
import { type SearchAttributeName, searchAttributes } from '../contracts/search-attributes.ts';

type KeyOf<Name extends SearchAttributeName> = {
  readonly name: Name;
  readonly type: (typeof searchAttributes)[Name];
};

/** The key of one attribute, for `typedSearchAttributes` and list filters. */
export function searchAttributeKey<Name extends SearchAttributeName>(name: Name): KeyOf<Name> {
  return { name, type: searchAttributes[name] };
}

/** Types as the operator commands and the server's listing spell them. */
const operatorTypes = { KEYWORD: 'Keyword', INT: 'Int' } as const;

/** The command that creates one attribute in a namespace. */
export function createAttributeCommand(name: SearchAttributeName, namespace: string): string {
  const type = operatorTypes[searchAttributes[name]];
  return `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${type}`;
}

/** Names of the list that `known` lacks, in list order. */
export function missingSearchAttributes(known: Iterable<string>): SearchAttributeName[] {
  const present = new Set(known);
  return (Object.keys(searchAttributes) as SearchAttributeName[]).filter((name) => !present.has(name));
}
