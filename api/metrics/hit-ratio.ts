/** Share of hits over a sliding window, in slices: constant memory however many questions come. */

const sliceMs = 15_000;
const slices = 20;

interface Slice {
  /** Number of the slice since the clock began. */
  index: number;
  hits: number;
  all: number;
}

/** Window of five minutes. Times are monotonic milliseconds. */
export class HitRatio {
  private readonly ring: Slice[] = Array.from({ length: slices }, () => ({ index: -1, hits: 0, all: 0 }));

  count(hit: boolean, now: number): void {
    const index = Math.floor(now / sliceMs);
    const slice = this.ring[index % slices];
    if (slice === undefined) return;
    if (slice.index !== index) Object.assign(slice, { index, hits: 0, all: 0 });
    slice.all += 1;
    if (hit) slice.hits += 1;
  }

  /** 0 to 1; NaN, which Prometheus reads as "no value", when nothing was asked in the window. */
  value(now: number): number {
    const oldest = Math.floor(now / sliceMs) - slices;
    const live = this.ring.filter(({ index }) => index > oldest);
    return live.reduce((sum, { hits }) => sum + hits, 0) / live.reduce((sum, { all }) => sum + all, 0);
  }
}
