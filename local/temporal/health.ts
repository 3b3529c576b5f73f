/**
 * Asks a Temporal frontend whether it serves, by one gRPC health call over plain HTTP/2. The SDK's client
 * would load 20 MB for the same answer, in a supervisor that is meant to stay small.
 */
import { connect } from 'node:http2';

/** `grpc.health.v1.HealthCheckRequest { service = 1 }`, framed: no compression, four bytes of length. */
const serviceName = 'temporal.api.workflowservice.v1.WorkflowService';

/** `HealthCheckResponse { status = 1 }` with status SERVING = 1. */
const serving = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** Whether the frontend at `host:port` answers SERVING within `timeoutMs`. Never throws. */
export function probeTemporal(address: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const chunks: Buffer[] = [];
    const finish = (answer: boolean): void => {
      clearTimeout(deadline);
      session.destroy();
      resolve(answer);
    };
    const deadline = setTimeout(() => finish(false), timeoutMs);
    session.once('error', () => finish(false));
    session.once('close', () => finish(false));
    const request = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    request.once('error', () => finish(false));
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => finish(Buffer.concat(chunks).equals(serving)));
    request.end(healthRequest());
  });
}

function healthRequest(): Buffer {
  const name = Buffer.from(serviceName);
  const message = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
