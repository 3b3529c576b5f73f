/** Removing what a killed execution left: read-only folders, as an ordinary user would meet them. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { removeTree } from '../../../../validators/files/remove-tree.ts';

const root = process.getuid?.() === 0;
const nobody = 65_534;

/** Root may do anything, so the test acts as somebody else then. */
function becomeOrdinary(): void {
  if (root) process.seteuid?.(nobody);
}

afterEach(() => {
  if (root) process.seteuid?.(0);
});

it('removes read-only folders below read-only folders, follows no link, and takes a missing folder as removed', async () => {
  const base = mkdtempSync(path.join(tmpdir(), 'omnibase-remove-'));
  chmodSync(base, 0o777);
  becomeOrdinary();
  const kept = path.join(base, 'kept');
  const tree = path.join(base, 'tree');
  mkdirSync(kept, { mode: 0o555 });
  mkdirSync(path.join(tree, 'a', 'b'), { recursive: true });
  writeFileSync(path.join(tree, 'a', 'b', 'file'), 'x', { mode: 0o444 });
  symlinkSync(kept, path.join(tree, 'a', 'link'));
  for (const folder of ['a/b', 'a', '.']) chmodSync(path.join(tree, folder), 0o555);
  expect(() => rmSync(tree, { recursive: true })).toThrow(/EACCES|permission/i);

  await removeTree(tree);
  await removeTree(tree);
  expect(existsSync(tree)).toBe(false);
  expect(existsSync(kept)).toBe(true);
  if (root) process.seteuid?.(0);
  rmSync(base, { recursive: true, force: true });
});
