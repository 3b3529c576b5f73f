/** No payload above 256 KiB goes through the engine (stages.md 6.8). */
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { limitedDataConverter, maxPayloadBytes } from '../../../client/payload-limit.ts';

const [codec] = limitedDataConverter.payloadCodecs ?? [];
const payloadOf = (bytes: number) => ({
  ...defaultPayloadConverter.toPayload(''),
  data: new Uint8Array(bytes),
});

describe('the payload limit', () => {
  it('lets everything up to the limit pass unchanged, both ways', async () => {
    const payloads = [payloadOf(maxPayloadBytes), {}];
    expect(await codec?.encode(payloads)).toBe(payloads);
    expect(await codec?.decode(payloads)).toBe(payloads);
  });

  it('refuses one byte more, for good', () => {
    expect(() => codec?.encode([payloadOf(1), payloadOf(maxPayloadBytes + 1)])).toThrow(
      expect.objectContaining({ type: 'InvalidRequestError', nonRetryable: true }),
    );
  });
});
