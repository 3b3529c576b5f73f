/** The envelope of answers. What a gateway of the same protocol sends inside is trusted. */
import { notAGateway } from './failures.ts';

/** An answer that is one object. */
export function objectOf(value: unknown, address: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw notAGateway(address, 'its answer is no object');
}

/** The `data` of an answer. */
export function dataOf(value: unknown, address: string): unknown {
  const answer = objectOf(value, address);
  if (!('data' in answer)) throw notAGateway(address, 'its answer has no data');
  return answer.data;
}
