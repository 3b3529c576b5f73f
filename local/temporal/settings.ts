/**
 * How the local Temporal server is started (platform.md 2). Each setting that differs from the server's own
 * default has its reason and, in `bench/engine.ts`, its measurement.
 */
import { searchAttributes } from '../../contracts/search-attributes.ts';
import { isAtLeast, pinnedVersion } from './release.ts';

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
  /** Of the program: older ones lack some flags. */
  readonly version: string;
}

/** The command line of the server spells the types in mixed case. */
const cliTypes = { KEYWORD: 'Keyword', INT: 'Int' } as const;

/** `Name=Type` of every search attribute, as the `temporal` program takes them. */
export const searchAttributeArguments: readonly string[] = Object.entries(searchAttributes).map(
  ([name, type]) => `${name}=${cliTypes[type]}`,
);

/** Write-ahead log, synced at checkpoints: survives a SIGKILL with everything acknowledged. */
const sqlitePragmas = ['journal_mode=wal', 'synchronous=normal'];

/**
 * The local server has one history shard. Its queue processors poll at most 20 times a second by default,
 * which quantises every workflow step to 50 ms. And a timer may fire no earlier than the point to which the shard has
 * read ahead, by default a second: measured, a timer of 50 ms fires after 1,000 ms, with this setting after 60.
 */
const dynamicConfig = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxTimeShift="50ms"',
];

/** Arguments of the `temporal` program. */
export function serverArguments(settings: TemporalServerSettings): readonly string[] {
  const { databaseFile, tuned } = settings;
  const flags: readonly (readonly string[])[] = [
    ['server', 'start-dev', '--ip', settings.ip, '--port', String(settings.port)],
    ['--http-port', String(settings.httpPort), '--metrics-port', String(settings.metricsPort)],
    ['--log-format', 'json', '--log-level', 'warn', '--color', 'never'],
    // A person's profile for another server must not leak into this one.
    ['--disable-config-file', '--disable-config-env'],
    settings.headless ? ['--headless'] : ['--ui-port', String(settings.uiPort)],
    settings.headless || !isAtLeast(settings.version, pinnedVersion) ? [] : ['--ui-disable-news-fetch'],
    databaseFile === null ? [] : ['--db-filename', databaseFile],
    tuned && databaseFile !== null ? sqlitePragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]) : [],
    tuned ? dynamicConfig.flatMap((entry) => ['--dynamic-config-value', entry]) : [],
    searchAttributeArguments.flatMap((entry) => ['--search-attribute', entry]),
  ];
  return flags.flat();
}
