/**
 * The closed list of search attributes (architecture.md "Shared shapes"): name → type. The namespace must know them
 * before a worker starts; two Keyword slots of the server's ten stay free.
 */
export const searchAttributes = {
  /** Which workflow: stage, registration, run, sync, sweep. */
  OmniKind: 'KEYWORD',
  /** State of its entity; a completed stage run shows its verdict. */
  OmniState: 'KEYWORD',
  OmniHealth: 'KEYWORD',
  /** Short name of the repository. */
  OmniRepo: 'KEYWORD',
  OmniDomain: 'KEYWORD',
  OmniNodeType: 'KEYWORD',
  OmniExperiment: 'KEYWORD',
  OmniOwner: 'KEYWORD',
  OmniAttempt: 'INT',
} as const;

export type SearchAttributeName = keyof typeof searchAttributes;
