/**
 * Stands in for `curl` on machines without one, so that the lines of the pages can be run everywhere: the few options
 * they use, over a unix socket. Run as a program by a shell function of the test.
 */
import { request } from 'node:http';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean' },
    'show-error': { type: 'boolean' },
    'fail-with-body': { type: 'boolean' },
    'unix-socket': { type: 'string' },
    header: { type: 'string', short: 'H', multiple: true },
    request: { type: 'string', short: 'X' },
    data: { type: 'string', short: 'd' },
  },
});
const url = new URL(positionals[0] ?? '');
const headers = Object.fromEntries(
  (values.header ?? []).map((line) => {
    const [name = '', ...rest] = line.split(':');
    return [name, rest.join(':').trim()];
  }),
);
const call = request(
  {
    ...(values['unix-socket'] === undefined
      ? { host: url.hostname, port: url.port }
      : { socketPath: values['unix-socket'] }),
    path: url.pathname + url.search,
    method: values.request ?? (values.data === undefined ? 'GET' : 'POST'),
    headers: { host: url.host, ...headers },
  },
  (response) => {
    response.pipe(process.stdout);
    if (values['fail-with-body'] === true && (response.statusCode ?? 0) >= 400) process.exitCode = 22;
  },
);
call.on('error', (error) => {
  process.stderr.write(`curl: ${error.message}\n`);
  process.exitCode = 7;
});
call.end(values.data);
