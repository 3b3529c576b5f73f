/** Nodes whose deadlines the sweep finds, and a newcomer whose client cares for no mode. */
import { deadlines } from './suites/deadlines.ts';
import { newcomer } from './suites/newcomer.ts';
import { shortSettings, useNodeStack } from './support/node-stack.ts';

const stack = useNodeStack({ ...shortSettings, 'deadlines.mode': 'fleet' });
/** From the poke of a sweep to the written state (registration.md 12: found within one sweep, written a second later). */
const writeMs = 1000;

deadlines(stack, shortSettings['sweep.interval_ms'] + writeMs);
newcomer(stack);
