/** Task queues as clients and workers name them. */
export { controlQueue, hostQueue } from '../workflows/messages/task-queues.ts';
