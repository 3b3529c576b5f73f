/** Ids, queues and search attributes: what people type and see. */
import { describe, expect, it } from 'vitest';
import { parseStageWorkflowId, stageWorkflowId } from '../../../client/ids.ts';
import { controlQueue, hostQueue } from '../../../client/queues.ts';
import {
  createAttributeCommand,
  missingSearchAttributes,
  searchAttributeKey,
} from '../../../client/search-attributes.ts';
import { searchAttributes } from '../../../contracts/search-attributes.ts';
import { searchAttributeArguments } from '../../../local/temporal/settings.ts';

describe('workflow ids', () => {
  it('read back as what they were made of', () => {
    const runId = '0199c7de-0000-7000-8000-000000000000';
    expect(stageWorkflowId('pre-commit', runId)).toBe(`stage/pre-commit/${runId}`);
    expect(parseStageWorkflowId(`stage/pre-commit/${runId}`)).toEqual({ stage: 'pre-commit', runId });
  });

  it.each(['run/ci/1', 'stage/lint/1', 'stage/ci', 'stage/ci/', 'stage/ci/1/2', ''])(
    '%j is none of a stage run',
    (id) => {
      expect(parseStageWorkflowId(id)).toBeNull();
    },
  );
});

describe('task queues', () => {
  it('name the role, and the host', () => {
    expect([controlQueue, hostQueue('laptop-1')]).toEqual(['omnibase-control', 'omnibase-host-laptop-1']);
  });
});

describe('search attributes', () => {
  it('are nine, of which eight are keywords, so that two of ten slots stay free', () => {
    const types = Object.values(searchAttributes);
    expect(types).toHaveLength(9);
    expect(types.filter((type) => type === 'KEYWORD')).toHaveLength(8);
  });

  it('are the ones the local server is started with', () => {
    const given = searchAttributeArguments.filter((argument) => argument.startsWith('Omni'));
    expect(given.map((argument) => argument.split('=')[0])).toEqual(Object.keys(searchAttributes));
  });

  it('that are missing come with the command that creates them', () => {
    const missing = missingSearchAttributes(['OmniKind', 'OmniRepo', 'Other']);
    expect(missing).not.toContain('OmniKind');
    expect(missing).toHaveLength(7);
    expect(createAttributeCommand('OmniAttempt', 'default')).toBe(
      'temporal operator search-attribute create --namespace default --name OmniAttempt --type Int',
    );
    expect(searchAttributeKey('OmniState')).toEqual({ name: 'OmniState', type: 'KEYWORD' });
  });
});
