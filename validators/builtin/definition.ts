/**
 * What a built-in validator is (stages.md 8). A definition is plain data plus one function that looks at one file and
 * reports problems; reading blobs, threads, limits, suppression and fingerprints are the runner's business.
 */
import type { Severity, StageEntry } from '../../contracts/stage.ts';
import type { CheckedFile } from './checked-file.ts';
import { type OptionTable, type OptionValues, readOptions } from './options.ts';

/** A rule of a validator, known outside as `<validator>/<rule>`. */
interface RuleDefinition {
  readonly severity: Exclude<Severity, 'info'>;
  /** One sentence: what is wrong when it reports. */
  readonly summary: string;
}

/** Where a problem is: byte offsets into the file, or lines and columns when a parser already knows them. */
type Location =
  | { readonly at: number; readonly to?: number }
  | { readonly line: number; readonly column?: number; readonly end_line?: number; readonly end_column?: number }
  | null;

export interface Problem {
  /** Name within the validator, without its prefix. */
  readonly rule: string;
  /** What is wrong, at most 4,096 bytes; never a secret. */
  readonly message: string;
  readonly location: Location;
  /** Replaces the severity of the rule. */
  readonly severity?: Severity;
  readonly suggestion?: string;
}

/** Facts of the run that a check may depend on besides the file. */
export interface RunFacts {
  /** A merge is in progress. */
  readonly merging: boolean;
}

interface CheckInput {
  readonly file: CheckedFile;
  readonly facts: RunFacts;
  /** A function is called only while findings are still kept; beyond that they are merely counted. */
  report(problem: Problem | (() => Problem)): void;
}

/** Looks at one file; state between the files of a batch lives in its closure. */
export type Check = (input: CheckInput) => void;

interface Description {
  readonly id: string;
  readonly description: string;
  /** Tags that `omnibase init` registers it with. */
  readonly tags: readonly ('pre-commit' | 'ci' | 'canary')[];
  readonly rules: Readonly<Record<string, RuleDefinition>>;
  /** File types it receives; empty = any. */
  readonly types: readonly string[];
  readonly accepts: readonly ('deleted' | 'binary' | 'symlink' | 'gitlink')[];
  /** Globs it receives; absent = every path. */
  readonly files?: readonly string[];
  /** `size` needs no content. */
  readonly reads: 'content' | 'size';
  /** Compares files with each other, so all of a batch must be seen by one thread. */
  readonly together?: boolean;
  /** Rises with every change of behaviour; part of the implementation hash. */
  readonly revision: number;
}

/** A built-in as its author writes it, with typed options. */
export interface TypedBuiltin<Table extends OptionTable> extends Description {
  readonly options: Table;
  /** Whether a file of this size is compared with its previous one, which must then be looked up. */
  comparesSize?(size: number, options: OptionValues<Table>): boolean;
  start(options: OptionValues<Table>): Check;
}

/** A built-in as the runner sees it; options are those of the configuration. */
export interface BuiltinDefinition extends Description {
  readonly options: OptionTable;
  /** @throws OmniBaseError OR020 when the options do not fit. */
  comparesSize(size: number, given: GivenOptions): boolean;
  /** @throws OmniBaseError OR020 when the options do not fit. */
  start(given: GivenOptions): Check;
}

export type GivenOptions = Readonly<Record<string, unknown>>;

/** What a check may know of a file's place in the snapshot. */
export type FileFacts = Pick<StageEntry, 'path' | 'path_bytes' | 'status' | 'kind' | 'types' | 'size' | 'blob'> & {
  /** Size of the previous content, null when there is none. */
  readonly previous_size: number | null;
};

/** Checks the definition's types and puts the reading of its options in front. */
export function defineBuiltin<const Table extends OptionTable>(typed: TypedBuiltin<Table>): BuiltinDefinition {
  const read = (given: GivenOptions) => readOptions(typed.id, typed.options, given);
  return {
    ...typed,
    comparesSize: (size, given) => typed.comparesSize?.(size, read(given)) ?? false,
    start: (given) => typed.start(read(given)),
  };
}
