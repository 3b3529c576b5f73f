/** The built-in validators: what there is, how it is registered, what identifies its behaviour. */
export { builtinCatalogue, findBuiltin } from './catalogue.ts';
export { builtinDocuments, builtinVersion, implementationHash } from './documents.ts';
export { readOptions } from './options.ts';
