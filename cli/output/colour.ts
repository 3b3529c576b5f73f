/** The few colours of the product; each is a function that leaves text alone when colour is off. */

export interface Palette {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warning: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

type Paint = (text: string) => string;

const plain: Paint = (text) => text;

/** Colours for a stream that may use them, or none. */
export function palette(colour: boolean): Palette {
  if (!colour) return { good: plain, bad: plain, warning: plain, dim: plain, bold: plain };
  return { good: sgr(32, 39), bad: sgr(31, 39), warning: sgr(33, 39), dim: sgr(2, 22), bold: sgr(1, 22) };
}

function sgr(on: number, off: number): Paint {
  return (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`);
}
