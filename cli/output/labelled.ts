/** A label and a text beside it; what does not fit goes on below, indented. */
import { stripVTControlCharacters } from 'node:util';
import { displayWidth, wrap } from './width.ts';

/** @param start the label, which may be coloured */
export function labelled(start: string, text: string, width: number): string[] {
  const [first = '', ...rest] = wrap(text, width - displayWidth(stripVTControlCharacters(start)) - 1);
  return [`${start} ${first}`, ...rest.flatMap((line) => wrap(line, width - 4)).map((line) => `    ${line}`)];
}
