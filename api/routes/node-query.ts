/** The filters of `GET /api/v1/nodes` as the reader takes them: short names outside, one per meaning inside. */
import type { z } from 'zod';
import type { NodeQuery } from '../../contracts/node/query.ts';
import type { nodeListParameters } from '../schemas/nodes-requests.ts';
import { withoutUndefined } from './present.ts';

export function nodeQuery(parameters: z.output<typeof nodeListParameters>): NodeQuery {
  const { tag, intent, ...rest } = parameters;
  return withoutUndefined({ ...rest, all_tags: tag, intents: intent });
}
