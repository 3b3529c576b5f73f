/** The shortest activity there is: what remains is the engine's own time. */
export async function nothing(): Promise<void> {}
