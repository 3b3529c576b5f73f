/**
 * The one durable timer of a run (stages.md 6.2). The plan may move the deadline: a later one is noticed when the timer
 * fires and it is armed again for the remainder, an earlier one re-arms at once.
 */
import type { StageRunPorts, Timer } from './ports.ts';
import type { StageRunState } from './run-state.ts';

export function watchDeadline(run: StageRunState, ports: StageRunPorts): { close(): void } {
  let timer: Timer | null = null;
  let closed = false;

  const arm = async (): Promise<void> => {
    for (;;) {
      if (closed) return;
      const armedFor = run.deadlineAt;
      const remaining = armedFor - ports.now();
      if (remaining <= 0) {
        run.requestStop({ kind: 'deadline' });
        return;
      }
      timer = ports.startTimer(remaining, 'stage deadline');
      const moved = run.when(() => closed || run.deadlineAt < armedFor).then(() => false);
      if (!(await Promise.race([timer.fired, moved]))) timer.cancel();
    }
  };

  void arm();
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
