/** What the caller of `up` hands to the supervisor process: one environment variable with JSON. */

export interface PortRequests {
  readonly api?: number | undefined;
  readonly temporal?: number | undefined;
  readonly web_ui?: number | undefined;
  readonly postgres?: number | undefined;
}

export interface SupervisorOptions {
  /** Program and arguments of `serve`. */
  readonly serve_command: readonly string[];
  /** No Web UI. */
  readonly headless: boolean;
  /** Ports that must be used; the others are chosen once and kept. */
  readonly ports: PortRequests;
  /** Ends with the process that started it (its standard input closes). */
  readonly exit_with_parent: boolean;
  /** Stops after so many ms without use; null for never. */
  readonly idle_stop_ms: number | null;
}

export const optionsVariable = 'OMNIBASE_SUPERVISOR_OPTIONS';

/** Reads the options; the caller is our own code, so a malformed value is a defect. */
export function readOptions(env: NodeJS.ProcessEnv): SupervisorOptions {
  const text = env[optionsVariable];
  if (text === undefined) throw new Error(`${optionsVariable} is not set: start the stack with omnibase up`);
  return JSON.parse(text) as SupervisorOptions;
}
