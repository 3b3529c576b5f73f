/**
 * Entry of the worker threads that run built-ins (`dist/builtin-thread.js`). A thread keeps its compiled code between
 * runs; it holds nothing else, so the host may end it at any moment.
 */
import { builtinCatalogue } from '../builtin/catalogue.ts';
import { serveBuiltins } from './builtins/serve.ts';

serveBuiltins(builtinCatalogue);
