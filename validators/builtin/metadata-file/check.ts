/** Metadata files of components: whatever the registry would refuse at registration, and uuids that two files claim. */
import { documentLimits } from '../../../contracts/component-values.ts';
import type { ComponentMetadata } from '../../../contracts/component.ts';
import type { Issue } from '../../../contracts/error.ts';
import { normalise } from '../../../domain/component/normalise.ts';
import { parseMetadataText } from '../../../domain/component/source/parse.ts';
import type { CheckedFile } from '../checked-file.ts';
import { type Problem, defineBuiltin } from '../definition.ts';
import { firstInvalidByte } from '../invalid-utf8.ts';

export const metadataFile = defineBuiltin({
  id: 'metadata-file',
  description: 'Checks metadata files of components as registration would.',
  tags: ['pre-commit', 'ci', 'canary'],
  rules: {
    syntax: { severity: 'error', summary: 'The metadata cannot be read.' },
    schema: { severity: 'error', summary: 'A field is missing or has a value that is not allowed.' },
    'uuid-conflict': { severity: 'error', summary: 'Two files describe different components under one uuid.' },
    'lifecycle-fields': { severity: 'error', summary: 'A field that the lifecycle asks for is missing or wrong.' },
    timestamp: { severity: 'error', summary: 'A time is not an ISO 8601 date with time.' },
    'unknown-field': { severity: 'warning', summary: 'A field is not known.' },
  },
  options: {
    strict: { kind: 'boolean', default: false, description: 'Whether warnings of the schema are errors.' },
  },
  types: [],
  accepts: [],
  files: ['*.omnibase.yaml', '*.omnibase.yml', '*.onex.yaml', '*?.metadata.yaml'],
  reads: 'content',
  together: true,
  revision: 1,
  start: (options) => {
    const owners = new Map<string, Owner>();
    return ({ file, report }) => {
      if (file.bytes.length > documentLimits.bytes) {
        report({ rule: 'schema', message: `larger than ${documentLimits.bytes / 1024} KiB`, location: null });
        return;
      }
      const invalid = firstInvalidByte(file);
      if (invalid !== null) {
        report({ rule: 'syntax', message: invalid.message, location: { at: invalid.offset } });
        return;
      }
      const parsed = parseMetadataText(file.text, { format: 'yaml' });
      for (const issue of parsed.issues) report(asProblem(issue));
      if (parsed.issues.some(({ severity }) => severity === 'error')) return;
      const { metadata, issues } = normalise(parsed.document, { strict: options.strict, locate: parsed.locate });
      for (const issue of issues) report(asProblem(issue));
      if (metadata === null) return;
      const message = conflictOf(owners, metadata, file);
      if (message !== null) {
        report({ rule: 'uuid-conflict', message, location: parsed.locate(['uuid']) ?? { line: 1 } });
      }
    };
  },
});

interface Owner {
  readonly identity: string;
  readonly path: string;
}

/** The first file with a uuid owns it; another file may repeat its component, but not describe a different one. */
function conflictOf(owners: Map<string, Owner>, metadata: ComponentMetadata, file: CheckedFile): string | null {
  const { uuid, type, namespace, name, version } = metadata;
  const identity = `${type}:${namespace}.${name}@${version}`;
  const owner = owners.get(uuid);
  if (owner === undefined) owners.set(uuid, { identity, path: file.path });
  return owner === undefined || owner.identity === identity
    ? null
    : `${owner.path} gives this uuid to ${owner.identity}`;
}

function asProblem(issue: Issue): Problem {
  const field = issue.path === '' ? '' : `${issue.path}: `;
  const code = issue.code === 'SC001' ? '' : ` (${issue.code})`;
  return {
    rule: ruleOf(issue.code),
    severity: issue.severity,
    message: `${field}${issue.message}${code}`,
    location: issue.line === undefined ? { line: 1 } : { line: issue.line, column: issue.column ?? 1 },
    ...(issue.hint === undefined ? {} : { suggestion: issue.hint }),
  };
}

function ruleOf(code: string): string {
  if (code === 'SC001' || code === 'MD002') return 'syntax';
  if (code === 'SC009' || code === 'SC010') return 'unknown-field';
  if (code === 'MD005') return 'timestamp';
  return code.startsWith('LC') ? 'lifecycle-fields' : 'schema';
}
