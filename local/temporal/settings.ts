/**
 * How the local Temporal server is started (platform.md 2). Each setting that differs from the server's own
 * default has its reason and, in `bench/engine.ts`, its measurement.
 */

export interface TemporalServerSettings {
  readonly ip: string;
  readonly port: number;
  readonly uiPort: number;
  readonly httpPort: number;
  readonly metricsPort: number;
  /** Without the Web UI. */
  readonly headless: boolean;
  /** SQLite file; null keeps everything in memory. */
  readonly databaseFile: string | null;
  /** False starts with the server's own defaults, for comparison in the bench. */
  readonly tuned: boolean;
}

/** The closed list of search attributes (architecture.md, "Shared shapes") with their Temporal types. */
export const searchAttributes = {
  OmniKind: 'Keyword',
  OmniState: 'Keyword',
  OmniHealth: 'Keyword',
  OmniRepo: 'Keyword',
  OmniDomain: 'Keyword',
  OmniNodeType: 'Keyword',
  OmniExperiment: 'Keyword',
  OmniOwner: 'Keyword',
  OmniAttempt: 'Int',
} as const;

/** Write-ahead log, synced at checkpoints: survives a SIGKILL with everything acknowledged. */
const sqlitePragmas = ['journal_mode=wal', 'synchronous=normal'];

/**
 * The local server has one history shard. Its queue processors poll at most 20 times a second by default,
 * which quantises every workflow step to 50 ms.
 */
const dynamicConfig = ['history.transferProcessorMaxPollRPS=2000', 'history.timerProcessorMaxPollRPS=2000'];

/** Arguments of the `temporal` program. */
export function serverArguments(settings: TemporalServerSettings): readonly string[] {
  const pragmas = settings.databaseFile === null ? [] : sqlitePragmas;
  return [
    ...['server', 'start-dev', '--ip', settings.ip, '--port', String(settings.port)],
    ...['--http-port', String(settings.httpPort), '--metrics-port', String(settings.metricsPort)],
    ...['--log-format', 'json', '--log-level', 'warn', '--color', 'never'],
    ...(settings.headless ? ['--headless'] : ['--ui-port', String(settings.uiPort), '--ui-disable-news-fetch']),
    ...(settings.databaseFile === null ? [] : ['--db-filename', settings.databaseFile]),
    ...(settings.tuned ? pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]) : []),
    ...(settings.tuned ? dynamicConfig.flatMap((entry) => ['--dynamic-config-value', entry]) : []),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
}
