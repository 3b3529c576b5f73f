/**
 * Shapes of stage runs: snapshot, request, plan, results, report (stages.md 2, 4, 5, 11).
 *
 * Glossary: a **snapshot** is the immutable pair of trees that defines all content of a run; a **step**
 * is one scheduled piece of work; a **finding** is one located statement; a **status** belongs to one
 * component, the **verdict** to the run; **enforcement** says whether a component may be skipped or lowered.
 */
export * from './stage/plan.ts';
export * from './stage/report.ts';
export * from './stage/request.ts';
export * from './stage/result.ts';
export * from './stage/vocabulary.ts';
