/** Collects the parameters of one statement. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Stores a value and answers its placeholder, cast to `type` where the context does not tell it. */
  readonly add = (value: unknown, type = ''): string => {
    this.values.push(value);
    return `$${this.values.length}${type === '' ? '' : `::${type}`}`;
  };
}

/** A condition over `p`, written once its parameters have their places. */
export type Condition = (parameters: Parameters) => string;
