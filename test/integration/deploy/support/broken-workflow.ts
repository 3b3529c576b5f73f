/** A workflow with an error of its programmer: its task fails, the workflow does not. */
export async function broken(): Promise<void> {
  await Promise.resolve();
  throw new TypeError('undefined is not what it was');
}
