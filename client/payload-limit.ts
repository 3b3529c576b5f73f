/**
 * The last guard of stages.md 6.8: whatever travels through Temporal is ids and counts, so a payload above 256 KiB is a
 * defect, and is refused before it makes history heavy. A codec, because codecs see every payload of clients and
 * workers and run outside the sandbox.
 */
import { ApplicationFailure, type DataConverter, type Payload } from '@temporalio/common';
import { OmniBaseError } from '../contracts/error.ts';

export const maxPayloadBytes = 256 * 1024;

/** For every client and worker of the product. */
export const limitedDataConverter: DataConverter = {
  payloadCodecs: [
    {
      encode(payloads) {
        for (const payload of payloads) checkSize(payload);
        return Promise.resolve(payloads);
      },
      decode: (payloads) => Promise.resolve(payloads),
    },
  ],
};

function checkSize({ data }: Payload): void {
  const bytes = data?.length ?? 0;
  if (bytes <= maxPayloadBytes) return;
  const error = new OmniBaseError('OB004', {
    message: `a payload of ${bytes} bytes may not travel through the engine, at most ${maxPayloadBytes} are allowed`,
  });
  throw ApplicationFailure.create({
    message: error.message,
    type: error.class,
    nonRetryable: true,
    details: [error.toBody()],
  });
}
