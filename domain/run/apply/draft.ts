/** A change while it is being worked out: the run and its commands as they are after the steps so far. */
import type { RunEventDraft } from '../events.ts';
import type { RunEventType } from '../../../contracts/run/event-table.ts';
import type { RunEventData } from '../../../contracts/run/events.ts';
import type { RunChange, StoredRun } from '../../../contracts/run/projection.ts';
import type { CommandRow, RunCore, RunTransitionRow } from '../../../contracts/run/row.ts';
import { instantText } from '../time.ts';
import type { ApplyContext, TuneChange } from './types.ts';

export class ChangeDraft {
  run: RunCore;
  commands: readonly CommandRow[];
  terminateId: string | null;
  transition: Omit<RunTransitionRow, 'seq'> | null = null;
  insertedCommand: string | null = null;
  readonly events: RunEventDraft[] = [];
  readonly tune: TuneChange[] = [];
  readonly change: RunChange;
  readonly context: ApplyContext;
  readonly #changed = new Set<string>();

  constructor(stored: StoredRun, change: RunChange, context: ApplyContext) {
    this.run = stored.run;
    this.commands = stored.commands;
    this.terminateId = stored.terminate_id;
    this.change = change;
    this.context = context;
  }

  /** Database clock, RFC 3339. */
  get at(): string {
    return instantText(this.context.now);
  }

  set(columns: Partial<RunCore>): void {
    this.run = { ...this.run, ...columns };
  }

  emit<T extends RunEventType>(
    type: T,
    data: RunEventData<T>,
    more: { readonly last_error?: string | null; readonly incident_id?: string | null } = {},
  ): void {
    this.events.push({ type, data, of: this.run, ...more });
  }

  insert(command: CommandRow): void {
    this.commands = [...this.commands, command];
    this.insertedCommand = command.id;
    this.#changed.add(command.id);
  }

  /** Changes each command that is chosen; answers them as they are now. */
  update(chosen: (command: CommandRow) => boolean, columns: Partial<CommandRow>): readonly CommandRow[] {
    const changed: CommandRow[] = [];
    this.commands = this.commands.map((command) => {
      if (!chosen(command)) return command;
      const after = { ...command, ...columns };
      changed.push(after);
      this.#changed.add(command.id);
      return after;
    });
    return changed;
  }

  get changedCommands(): readonly CommandRow[] {
    return this.commands.filter(({ id }) => this.#changed.has(id));
  }
}
