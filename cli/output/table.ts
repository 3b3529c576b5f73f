/** Plain tables: a header line, columns by display width, no frames. */
import { safeText } from './safe-text.ts';
import { displayWidth, padEnd, padStart, truncate } from './width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Longest width before the text is cut; the last column is cut at the edge of the terminal. */
  readonly max?: number;
  value(row: Row): string;
}

/** Renders rows below their titles; the text of every cell is made safe. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string {
  const cells = rows.map((row) => columns.map(({ value, max }) => truncate(safeText(value(row)), max ?? width)));
  const widths = columns.map(({ title }, index) =>
    Math.max(displayWidth(title), ...cells.map((line) => displayWidth(line[index] ?? ''))),
  );
  const lines = [columns.map(({ title }) => title.toUpperCase()), ...cells].map((line) =>
    truncate(
      line
        .map((cell, index) => (columns[index]?.align === 'right' ? padStart : padEnd)(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
      width,
    ),
  );
  return `${lines.join('\n')}\n`;
}
