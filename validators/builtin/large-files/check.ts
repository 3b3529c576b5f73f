/**
 * Files that are too large for the repository: those that are new, and those that grew. The size is that of the stored
 * blob, so a file kept elsewhere counts with its pointer.
 */
import { defineBuiltin } from '../definition.ts';

export const largeFiles = defineBuiltin({
  id: 'large-files',
  description: 'Finds large files that are added or have grown.',
  tags: ['pre-commit', 'ci'],
  rules: { 'too-large': { severity: 'error', summary: 'A file above the size limit is added or has grown.' } },
  options: {
    max_kib: {
      kind: 'integer',
      default: 500,
      minimum: 1,
      maximum: 100 * 1024 * 1024,
      description: 'Largest size that is not reported, KiB.',
    },
  },
  types: [],
  accepts: ['binary'],
  reads: 'size',
  comparesSize: (size, options) => size > options.max_kib * 1024,
  revision: 1,
  start: (options) => {
    return ({ file, report }) => {
      if (file.size <= options.max_kib * 1024 || file.status === 'unchanged') return;
      if (file.previous_size !== null && file.size <= file.previous_size) return;
      const grown = file.previous_size === null ? '' : `, it had ${kib(file.previous_size)}`;
      const message = `${kib(file.size)}, the limit is ${options.max_kib} KiB${grown}`;
      report({ rule: 'too-large', message, location: null, suggestion: 'keep it elsewhere, for example with Git LFS' });
    };
  },
});

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
