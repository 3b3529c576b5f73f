/** Names of the task queues (architecture.md "Processes"), shared by workflows, clients and workers. */

/** Entity workflows and database activities. */
export const controlQueue = 'omnibase-control';

/** Stage workflows, validators and file cache of one machine. */
export function hostQueue(hostId: string): string {
  return `omnibase-host-${hostId}`;
}
