/** What was done to hooks, one line each. */
import { safeText } from '../output/safe-text.ts';
import type { HookChange, HookState } from './install.ts';

const sentences: Readonly<Record<HookChange['action'], string>> = {
  written: 'written',
  refreshed: 'brought up to date',
  unchanged: 'is up to date',
  'block-added': 'was there; a marked block was added, the rest is untouched',
  'moved-aside': 'was there; it was moved aside and is called afterwards',
  removed: 'removed',
  'block-removed': 'the marked block was removed, the rest is untouched',
  restored: 'removed, the hook that was there before is back',
  absent: 'not installed',
};

export function renderChanges(changes: readonly HookChange[], dryRun: boolean): string {
  const prefix = dryRun ? '(dry run) ' : '';
  return changes
    .map(({ name, path, action }) => `${prefix}${name}: ${sentences[action]}  ${safeText(path)}\n`)
    .join('');
}

const states: Readonly<Record<HookState['kind'], string>> = {
  none: 'not installed',
  own: 'installed',
  guest: 'installed, as a block in another hook',
  shell: 'not installed; another hook is there',
  other: 'not installed; another hook is there',
};

export function renderStates(found: readonly HookState[]): string {
  return found
    .map(
      ({ name, path, kind, moved }) =>
        `${name}: ${states[kind]}${moved ? ', calls the hook it moved aside' : ''}  ${safeText(path)}\n`,
    )
    .join('');
}
