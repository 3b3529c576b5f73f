/** Nodes with a timer for each deadline: whole lives through every door, disorder, who may speak, and how soon time acts. */
import { deadlines } from './suites/deadlines.ts';
import { disorder } from './suites/disorder.ts';
import { lives } from './suites/lives.ts';
import { tokens } from './suites/tokens.ts';
import { shortSettings, useNodeStack } from './support/node-stack.ts';

const stack = useNodeStack({ ...shortSettings, 'deadlines.mode': 'precise' });

lives(stack);
disorder(stack);
tokens(stack);
// Timers fire some tens of milliseconds late; a second is what registration.md 12 allows.
deadlines(stack, 1000);
