/** At most eight updates in flight per workflow id (architecture.md "Engine limits"). */
import { describe, expect, it } from 'vitest';
import { UpdateLanes } from '../../../client/update-lanes.ts';

interface Sent {
  readonly name: string;
  readonly answer: PromiseWithResolvers<string>;
}

function sender(limits?: { inFlight: number; waiting: number }) {
  const lanes = new UpdateLanes(limits);
  const sent: Sent[] = [];
  const send = (id: string, name: string): Promise<string> =>
    lanes.run(id, () => {
      const answer = Promise.withResolvers<string>();
      sent.push({ name, answer });
      return answer.promise;
    });
  return { sent, send, names: () => sent.map(({ name }) => name) };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a lane', () => {
  it('sends eight at once, the rest in order as places become free', async () => {
    const { sent, send, names } = sender();
    const all = Array.from({ length: 12 }, (_, index) => send('w', `${index}`));
    expect(sent).toHaveLength(8);
    sent[3]?.answer.resolve('a');
    await tick();
    expect(names()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    for (const { answer } of sent) answer.resolve('a');
    await tick();
    for (const { answer } of sent) answer.resolve('a');
    expect(await Promise.all(all)).toEqual(Array(12).fill('a'));
    expect(names()).toEqual(Array.from({ length: 12 }, (_, index) => `${index}`));
  });

  it('is free again after a call that failed', async () => {
    const { sent, send } = sender({ inFlight: 1, waiting: 1 });
    const first = send('w', 'first');
    const second = send('w', 'second');
    sent[0]?.answer.reject(new Error('refused'));
    await expect(first).rejects.toThrow('refused');
    sent[1]?.answer.resolve('fine');
    expect(await second).toBe('fine');
  });

  it('refuses with OR032 when too many wait', async () => {
    const { send } = sender({ inFlight: 1, waiting: 1 });
    void send('w', 'first');
    void send('w', 'second');
    await expect(send('w', 'third')).rejects.toMatchObject({ code: 'OR032', httpStatus: 429 });
  });

  it('belongs to one workflow id', async () => {
    const { sent, send } = sender({ inFlight: 1, waiting: 0 });
    void send('a', 'first');
    void send('b', 'second');
    expect(sent).toHaveLength(2);
  });
});
