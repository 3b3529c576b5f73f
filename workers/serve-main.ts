/**
 * Entry of the serving process (`dist/serve.js`). `OMNIBASE_SERVE_CONFIG` says which roles it plays, the environment
 * where Postgres and Temporal are. Everything else is loaded after the compile cache is on: compiling is a third of
 * the time until it serves.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import type { ServeConfig } from '../contracts/gateway.ts';

const config = readConfig(process.env['OMNIBASE_SERVE_CONFIG']);
const compiled = join(config.cache_dir, 'compiled');
enableCompileCache(compiled);
// Threads read the variable; children of ours get an environment of their own.
process.env['NODE_COMPILE_CACHE'] = compiled;

const { runServeProcess } = await import('./serve-process.ts');
await runServeProcess(config, flushCompileCache);

function readConfig(text: string | undefined): ServeConfig {
  if (text === undefined) {
    process.stderr.write('OMNIBASE_SERVE_CONFIG is not set: this process is started by `omnibase up`\n');
    process.exit(2);
  }
  return JSON.parse(text) as ServeConfig;
}
