/** When a command may start the local stack, and how it says so (stages.md 6.1). */
import { OmniBaseError } from '../../contracts/error.ts';
import { resolvePaths } from '../../local/paths.ts';
import type { CommandContext } from '../command.ts';
import type { Progress } from '../progress/progress.ts';
import { connectGateway, type Gateway } from './gateway.ts';

export interface StartWishes {
  readonly noAutostart: boolean;
  /** The stack ends with the command. */
  readonly inline: boolean;
  /** Told what is waited for, and shows what is said on the way. */
  readonly progress?: Pick<Progress, 'phase' | 'note'>;
}

/** Whether `--no-autostart` or `OMNIBASE_AUTOSTART=0` forbids to start anything. */
export function mayStart({ io }: CommandContext, noAutostart: boolean): boolean {
  return !noAutostart && io.env['OMNIBASE_AUTOSTART'] !== '0';
}

/**
 * Starts the stack, or finds it started by someone else meanwhile, and connects.
 *
 * @throws OR060 when it may not be started; OB011, OB012, OB013 when it cannot be
 */
export async function startLocalStack(context: CommandContext, wishes: StartWishes): Promise<Gateway> {
  const { io } = context;
  if (!mayStart(context, wishes.noAutostart)) throw forbidden(context);
  const tell = wishes.progress === undefined ? context.note : wishes.progress.note;
  const inline = wishes.inline || io.env['CI'] === 'true';
  const { ensureStack, stackStatus } = await import('../../local/up.ts');
  const env = { ...io.env };
  const { state } = await stackStatus({ env });
  if (state === 'stopped') {
    tell(
      inline
        ? 'omnibase: starting the local stack for this command'
        : 'omnibase: starting the local stack (stop it with: omnibase down)',
    );
  }
  wishes.progress?.phase('starting the local stack');
  await ensureStack({ env, inline, report: (line) => tell(`omnibase: ${line}`) });
  const gateway = await connectGateway(context);
  if (gateway === null) {
    const paths = resolvePaths(env);
    throw new OmniBaseError('OR060', {
      details: { reason: `no answer from ${paths.socket_path}`, log: paths.log_dir },
    });
  }
  return gateway;
}

function forbidden({ io }: CommandContext): OmniBaseError {
  const paths = resolvePaths({ ...io.env });
  return new OmniBaseError('OR060', {
    message: 'no local stack runs here, and it may not be started (--no-autostart or OMNIBASE_AUTOSTART=0)',
    details: { reason: 'autostart is off', log: paths.log_dir },
    next: `omnibase up (its log is in ${paths.log_dir})`,
  });
}
