/** What is known about a process without being told, and what its program tells. */
import type { NodeReport } from './node-client.ts';

/** Resident memory, MiB with one decimal. */
export function measured(): NodeReport {
  return { memory_usage_mb: Math.round((process.memoryUsage.rss() / 1024 / 1024) * 10) / 10 };
}

/** Telemetry of the program; a mistake in it must not cost the node its life. */
export function asked(telemetry: (() => NodeReport) | undefined): NodeReport {
  try {
    return telemetry?.() ?? {};
  } catch {
    return {};
  }
}
