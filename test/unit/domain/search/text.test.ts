import { describe, expect, it } from 'vitest';
import { foldText, relevanceOf, searchTerms } from '../../../../domain/search/text.ts';

describe('text search', () => {
  it.each([
    ['YAML', 'yaml'],
    ['ÜBER', 'über'],
    ['U\u0308BER', 'über'],
    ['ΣΑΣ', 'σας'],
  ])('folds %j to %j', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it.each([
    ['  Two  words\tand\nmore ', ['two', 'words', 'and', 'more']],
    ['twice TWICE', ['twice']],
    ['   ', []],
    ['', []],
    ['a\u00a0b', ['a', 'b']],
  ])('splits %j into %j', (text, terms) => {
    expect(searchTerms(text)).toEqual(terms);
  });

  it.each([
    ['yaml\nteam\nchecks yaml', ['yaml'], 0],
    ['yaml-lint\nteam\n', ['yaml'], 1],
    ['my-yaml\nteam\n', ['yaml'], 2],
    ['other\nteam\nyaml', ['yaml'], 3],
    ['two words\nteam\n', ['two', 'words'], 0],
    ['words two\nteam\n', ['two', 'words'], 3],
  ] as const)('%j answers %j with relevance %i', (text, terms, relevance) => {
    expect(relevanceOf(text, terms)).toBe(relevance);
  });
});
