/**
 * A git process that stays: questions go in on standard input, answers come back in the same order. It saves the
 * 2-5 ms that a process start costs the host worker. A process that dies fails the questions it has not answered;
 * the next question starts a new one. While it is idle it does not keep Node alive, and when Node ends, its closed
 * standard input ends it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { OmniBaseError } from '../../contracts/error.ts';
import { quietOptions } from './environment.ts';

/** Reads one answer off the front of what has arrived; `need` is how many bytes it takes to look again. */
export type AnswerReader<T> = (
  arrived: Buffer,
) => { readonly value: T; readonly used: number } | { readonly need: number };

interface Question {
  readonly read: AnswerReader<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export interface KeptGit {
  ask<T>(question: string, read: AnswerReader<T>): Promise<T>;
  close(): void;
}

/** Prepares a kept `git <args>`; nothing is started before the first question. */
export function keepGit(args: readonly string[], environment: NodeJS.ProcessEnv): KeptGit {
  let running: Conversation | null = null;
  return {
    ask(question, read) {
      if (running === null || running.ended) running = startConversation(args, environment);
      return running.ask(question, read);
    },
    close() {
      running?.close();
      running = null;
    },
  };
}

interface Conversation extends KeptGit {
  readonly ended: boolean;
}

function startConversation(args: readonly string[], environment: NodeJS.ProcessEnv): Conversation {
  const child = spawn('git', [...quietOptions, ...args], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  const open: Question[] = [];
  let ended = false;
  let arrived: Buffer[] = [];
  let length = 0;
  let need = 1;
  let stderr = '';

  function answer(): void {
    let bytes = arrived.length === 1 && arrived[0] ? arrived[0] : Buffer.concat(arrived, length);
    for (let question = open[0]; question !== undefined && bytes.length > 0; question = open[0]) {
      const outcome = question.read(bytes);
      if ('need' in outcome) {
        need = Math.max(outcome.need, bytes.length + 1);
        break;
      }
      question.resolve(outcome.value as never);
      open.shift();
      bytes = bytes.subarray(outcome.used);
      need = 1;
    }
    arrived = bytes.length === 0 ? [] : [bytes];
    length = bytes.length;
    if (open.length === 0) setReferenced(child, false);
  }

  function end(cause?: Error): void {
    ended = true;
    const text = stderr.trim() === '' ? 'git ended before it had answered' : stderr.trim();
    const error = new OmniBaseError('OR010', { details: { git: text }, ...(cause === undefined ? {} : { cause }) });
    for (const question of open.splice(0)) question.reject(error);
  }

  child.stdout.on('data', (chunk: Buffer) => {
    arrived.push(chunk);
    length += chunk.length;
    if (length >= need) answer();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-4096);
  });
  // The close that follows says what happened.
  child.stdin.on('error', () => undefined);
  child.on('error', end);
  child.on('close', () => end());
  setReferenced(child, false);

  return {
    get ended() {
      return ended;
    },
    ask<T>(question: string, read: AnswerReader<T>) {
      return new Promise<T>((resolve, reject) => {
        if (open.length === 0) setReferenced(child, true);
        open.push({ read, resolve, reject });
        // Questions of one turn travel in one write.
        if (child.stdin.writableCorked === 0) {
          child.stdin.cork();
          process.nextTick(() => child.stdin.uncork());
        }
        child.stdin.write(question);
      });
    },
    close() {
      ended = true;
      child.stdin.end();
    },
  };
}

/** Whether an open process may keep Node alive: only while someone waits for an answer. */
function setReferenced(child: ChildProcess, referenced: boolean): void {
  const parts = [child, child.stdin, child.stdout, child.stderr] as readonly (Partial<NodeJS.RefCounted> | null)[];
  for (const part of parts) (referenced ? part?.ref : part?.unref)?.call(part);
}
