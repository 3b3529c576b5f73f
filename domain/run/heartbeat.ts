/** Beats of runs (runs.md 5): what is refused, what is an edge, what is answered. */
export { type EdgeMirror, isEdge } from './heartbeat/edge.ts';
export { type BeatFacts, type BeatRefusal, type BeatRow, refuseBeat, spendsStatusChange } from './heartbeat/judge.ts';
export { heartbeatReply, refusalDetails, type ReplyRow } from './heartbeat/reply.ts';
export { allowStatusChange, throttledFor } from './heartbeat/throttle.ts';
