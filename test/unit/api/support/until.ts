/** Waits for a condition that other code brings about; fails loudly when it does not come. */
export async function until(condition: () => boolean, timeoutMs = 4000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`the condition did not come true within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
