/** A hostile stranger at every door (registration.md 14), and what all are told while a part is away. */
import { badInput } from './suites/bad-input.ts';
import { fuzz } from './suites/fuzz.ts';
import { lateReaders } from './suites/late-readers.ts';
import { outages } from './suites/outages.ts';
import { shortSettings, useNodeStack } from './support/node-stack.ts';

/** Nodes outlive an outage here: this is about answers. */
const patient = { 'registration.first_liveness_ms': 60_000, 'registration.liveness_window_ms': 60_000 };
const stack = useNodeStack({ ...shortSettings, ...patient, 'breaker.reset_ms': 4000 });

badInput(stack);
lateReaders(stack);
fuzz(stack);
outages(stack);
