/** The built-in validators: what there is, how it is registered, what identifies its behaviour. */
export { builtinCatalogue, findBuiltin } from './catalogue.ts';
export { builtinDocuments, builtinNamespace, builtinVersion, implementationHash } from './documents.ts';
export { readOptions } from './options.ts';
export type { BuiltinDefinition, RuleDefinition } from './definition.ts';
