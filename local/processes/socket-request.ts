/** One HTTP request over a unix socket with a deadline, for the few internal calls of the local stack. */

export interface SocketRequest {
  readonly socketPath: string;
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly timeoutMs: number;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface SocketAnswer {
  readonly status: number;
  readonly body: string;
}

/** The answer, or null when nobody listens or none came in time. Never throws. */
export function requestOverSocket(options: SocketRequest): Promise<SocketAnswer | null> {
  return new Promise((resolve) => {
    const text = options.body === undefined ? '' : JSON.stringify(options.body);
    // An `import` of `node:http` would load Node's whole fetch machinery with it, 30 ms of a short command.
    const { request } = process.getBuiltinModule('node:http');
    const outgoing = request(
      {
        socketPath: options.socketPath,
        path: options.path,
        method: options.method ?? 'GET',
        agent: false,
        headers: { host: 'localhost', 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        signal: AbortSignal.timeout(options.timeoutMs),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', () => resolve(null));
        incoming.once('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    outgoing.once('error', () => resolve(null));
    outgoing.end(text);
  });
}
