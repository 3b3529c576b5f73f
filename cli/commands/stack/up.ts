/** `omnibase up`: starts the local stack, or finds it started, and tells where things are. */
import { setTimeout as delay } from 'node:timers/promises';
import type { StackStatus } from '../../../contracts/gateway.ts';
import type { PortRequests } from '../../../local/supervisor/options.ts';
import { flag, list, type OptionSpec } from '../../arguments/options.ts';
import { usageError } from '../../arguments/usage.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { renderStatus } from '../../output/stack-status.ts';
import { startProgress } from '../../progress/progress.ts';
import { interruptedExitCode, listenForInterruption } from '../../interruption.ts';

export const command = defineCommand({
  summary: 'start the local stack',
  examples: [
    { line: 'omnibase up', about: 'Postgres, Temporal with its Web UI, and OmniBase; returns when ready' },
    { line: 'omnibase up --headless --ports api=8080', about: 'without the Web UI, gateway on a port of your choice' },
  ],
  options: {
    detach: flag('--detach', 'return at once, before the stack is ready'),
    headless: flag('--headless', 'without the Temporal Web UI'),
    ports: ports('--ports <name=port,..>', 'fixed ports for api, temporal, web_ui, postgres'),
  },
  notes: [
    'The stack runs in the background; `omnibase down` stops it, its data stays. Parts named by OMNIBASE_DATABASE_URL or TEMPORAL_ADDRESS are used, not started.',
  ],
  run: (context, _operands, options) => bringUp(context, options),
});

interface UpOptions {
  readonly detach: boolean;
  readonly headless: boolean;
  readonly ports: PortRequests;
}

async function bringUp(context: CommandContext, { detach, headless, ports }: UpOptions): Promise<number> {
  const { ensureStack, stackStatus, stopStack } = await import('../../../local/up.ts');
  const { io, globals } = context;
  const env = { ...io.env };
  const progress = startProgress(io.stderr, 'omnibase up', globals.quiet);
  const interruption = listenForInterruption();
  const abort = new AbortController();
  try {
    const wasStopped = (await stackStatus({ env })).state === 'stopped';
    if (wasStopped) progress.note('omnibase: starting the local stack');
    const timeout = globals.timeout === undefined ? {} : { timeoutMs: globals.timeout };
    const report = (line: string): void => progress.note(`omnibase: ${line}`);
    const starting = ensureStack({ env, headless, ports, report, signal: abort.signal, ...timeout });
    const wanted = detach ? untilStarting(starting, () => stackStatus({ env })) : starting;
    const status = await interruption.race(wanted);
    progress.stop();
    if (status !== null) {
      await print(context, confirmationFormat(context), status, () => renderStatus(status, io.stdout));
      return 0;
    }
    const signal = interruption.received ?? 'SIGINT';
    starting.catch(() => null);
    abort.abort();
    context.note(`omnibase: ${signal}${wasStopped ? ', stopping what was started' : ''}`);
    if (wasStopped) await stopStack({ env });
    return interruptedExitCode(signal);
  } finally {
    progress.stop();
    interruption.stop();
    abort.abort();
  }
}

/** The first answer of the supervisor, or readiness or failure if that is quicker. */
async function untilStarting(starting: Promise<StackStatus>, ask: () => Promise<StackStatus>): Promise<StackStatus> {
  starting.catch(() => null);
  for (;;) {
    const status = (await Promise.race([starting, delay(50, null)])) ?? (await ask());
    if (status.state === 'starting' || status.state === 'ready') return status;
  }
}

const portNames = ['api', 'temporal', 'web_ui', 'postgres'] as const satisfies readonly (keyof PortRequests)[];

function ports(flags: string, summary: string): OptionSpec<PortRequests> {
  const base = list(flags, summary);
  return {
    ...base,
    parse: (raw, code) =>
      Object.fromEntries(
        base.parse(raw, code).map((given) => {
          const [name = '', port = ''] = given.split('=');
          const known = portNames.find((candidate) => candidate === name.replace('-', '_'));
          const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
          if (known === undefined || number < 1 || number > 65_535) {
            throw usageError(
              `--ports does not understand ${JSON.stringify(given)}`,
              `write it like --ports api=8080; names: ${portNames.join(', ')}`,
            );
          }
          return [known, number];
        }),
      ),
  };
}
