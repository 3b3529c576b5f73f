/** What the Web UI shows of a node (registration.md 11). */
import { describe, expect, it } from 'vitest';
import { renderCard } from '../../../../workflows/registration/card.ts';
import { ackMessage, introspection, memoryIn, nodeId } from '../../domain/registration/decide/support.ts';
import { startLife } from './support/fake-ports.ts';

async function active() {
  const life = startLife();
  const asked = life.introspect(introspection());
  void life.begin();
  await life.ack(ackMessage((await asked).attempt_id));
  await life.settle();
  return life.life;
}

describe('the card of a node', () => {
  it('says so when nothing is registered', () => {
    expect(renderCard(startLife().life, 0)).toBe('nothing is registered yet');
  });

  it('names state, epoch and version, deadline and the commands that tell more', async () => {
    const card = renderCard(await active(), Date.UTC(2026, 0, 1));
    expect(card).toContain('**active**');
    expect(card).toContain('epoch.version: `1.5`, attempt 1 of 3');
    expect(card).toMatch(/liveness deadline: `\d{4}-/);
    expect(card).toContain('as of 2026-01-01T00:00:00.000Z');
    expect(card).toContain(`omnibase node watch ${nodeId}`);
    expect(card).not.toContain('null');
  });

  it('keeps text from outside inside code spans, and shows the id of a node without a name', async () => {
    const life = await active();
    life.memory = { ...life.memory, node_name: 'a`b\n# c', rejection_reason: 'no\n\n`x`' };
    expect(renderCard(life, 0)).toContain("**`a'b # c`**");
    expect(renderCard(life, 0)).toContain("- reason: `no 'x'`");
    life.memory = { ...life.memory, node_name: null, node_type: null, node_version: null, rejection_reason: null };
    expect(renderCard(life, 0)).toContain(`**\`${nodeId}\`**`);
  });

  it('tells when the next offer comes', async () => {
    const life = await active();
    const memory = memoryIn('ack_timed_out');
    life.memory = { ...memory, due: { ...memory.due, retry: Date.UTC(2026, 0, 2) } };
    expect(renderCard(life, 0)).toContain('- next offer: `2026-01-02T00:00:00.000Z`');
  });
});
