/**
 * The one durable timer of a run (stages.md 6.2). A plan that is stricter than the deadline the run was started with
 * moves it forward: the timer is set anew, at once.
 */
import type { StageRunPorts, Timer } from './ports.ts';
import type { StageRunState } from './run-state.ts';

export function watchDeadline(run: StageRunState, ports: StageRunPorts): { close(): void } {
  let timer: Timer | null = null;
  let closed = false;

  const watch = async (): Promise<void> => {
    for (;;) {
      const armedFor = run.deadlineAt;
      timer = ports.startTimer(Math.max(0, armedFor - ports.now()), 'stage deadline');
      const moved = run.when(() => run.deadlineAt < armedFor).then(() => false);
      if (await Promise.race([timer.fired, moved])) {
        run.requestStop({ kind: 'deadline' });
        return;
      }
      timer.cancel();
      if (closed) return;
    }
  };

  void watch();
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
