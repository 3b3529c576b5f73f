/**
 * Every command by name, with one line about it and the way to load it. This table is all that is known
 * before a command is chosen: it imports nothing, which is what keeps the start short.
 */
import type { Command } from './command.ts';

export interface CommandNode {
  readonly summary: string;
  readonly load?: () => Promise<{ readonly command: Command }>;
  readonly children?: CommandTable;
}

export type CommandTable = Readonly<Record<string, CommandNode>>;

export const commandTable: CommandTable = {
  up: { summary: 'start the local stack', load: () => import('./commands/stack/up.ts') },
  down: { summary: 'stop the local stack', load: () => import('./commands/stack/down.ts') },
  status: { summary: 'tell what runs and where', load: () => import('./commands/stack/status.ts') },
  logs: { summary: 'show the logs of the local stack', load: () => import('./commands/stack/logs.ts') },
  doctor: { summary: 'find what is wrong and how to mend it', load: () => import('./commands/stack/doctor.ts') },
  init: { summary: 'prepare this repository', load: () => import('./commands/init/init.ts') },
  orch: {
    summary: 'run the validators of a stage',
    load: () => import('./commands/orch/run.ts'),
    children: {
      ls: { summary: 'list stage runs', load: () => import('./commands/orch/ls.ts') },
      show: { summary: 'print the report of a run', load: () => import('./commands/orch/show.ts') },
      attach: { summary: 'follow a run until it ends', load: () => import('./commands/orch/attach.ts') },
      cancel: { summary: 'ask a run to stop', load: () => import('./commands/orch/cancel.ts') },
    },
  },
  registry: {
    summary: 'register, find and change components',
    children: {
      add: { summary: 'register components from files', load: () => import('./commands/registry/add.ts') },
      ls: { summary: 'list components', load: () => import('./commands/registry/ls.ts') },
      search: { summary: 'find components by text', load: () => import('./commands/registry/search.ts') },
      get: { summary: 'print one component', load: () => import('./commands/registry/get.ts') },
      update: { summary: 'change fields of a component', load: () => import('./commands/registry/update.ts') },
      rm: { summary: 'archive or remove a component', load: () => import('./commands/registry/rm.ts') },
      sync: { summary: 'bring the local cache up to date', load: () => import('./commands/registry/sync.ts') },
    },
  },
  node: {
    summary: 'register nodes, find them, follow them',
    children: {
      register: { summary: 'announce a node', load: () => import('./commands/node/register.ts') },
      ack: { summary: 'acknowledge the offer of a node', load: () => import('./commands/node/ack.ts') },
      heartbeat: { summary: 'prove that a node lives', load: () => import('./commands/node/heartbeat.ts') },
      deregister: { summary: 'take a node out', load: () => import('./commands/node/deregister.ts') },
      ls: { summary: 'list nodes', load: () => import('./commands/node/ls.ts') },
      get: { summary: 'print one node', load: () => import('./commands/node/get.ts') },
      watch: { summary: 'follow events of nodes', load: () => import('./commands/node/watch.ts') },
      select: { summary: 'choose a node for a piece of work', load: () => import('./commands/node/select.ts') },
      simulate: { summary: 'run simulated nodes', load: () => import('./commands/node/simulate.ts') },
    },
  },
  token: {
    summary: 'access tokens for calls over TCP',
    children: {
      create: { summary: 'make an access token', load: () => import('./commands/token/create.ts') },
      ls: { summary: 'list access tokens', load: () => import('./commands/token/ls.ts') },
      revoke: { summary: 'revoke an access token', load: () => import('./commands/token/revoke.ts') },
    },
  },
  list: {
    summary: 'list validators, tools, tests, … or components',
    load: () => import('./commands/registry/list.ts'),
  },
  cachestatus: { summary: 'tell how the registry caches do', load: () => import('./commands/registry/cachestatus.ts') },
  validate: {
    summary: 'check files without registering them',
    children: {
      metadata: { summary: 'check metadata documents', load: () => import('./commands/validate/metadata.ts') },
    },
  },
  hook: {
    summary: 'install the git hook',
    children: {
      install: { summary: 'write the pre-commit hook', load: () => import('./commands/hook/install.ts') },
      uninstall: {
        summary: 'remove it and restore what was there',
        load: () => import('./commands/hook/uninstall.ts'),
      },
      status: { summary: 'tell whether it is installed', load: () => import('./commands/hook/status.ts') },
    },
  },
  db: {
    summary: 'the database',
    children: {
      migrate: { summary: 'bring the schema up to date', load: () => import('./commands/db/migrate.ts') },
      url: { summary: 'print the database URL with its password', load: () => import('./commands/db/url.ts') },
      status: { summary: 'tell whether it answers', load: () => import('./commands/db/status.ts') },
    },
  },
  config: {
    summary: 'settings and where they come from',
    children: {
      get: { summary: 'print one setting', load: () => import('./commands/config/get.ts') },
      list: { summary: 'print all settings', load: () => import('./commands/config/list.ts') },
      explain: { summary: 'tell what a setting means', load: () => import('./commands/config/explain.ts') },
    },
  },
  completion: {
    summary: 'print a completion script for the shell',
    load: () => import('./commands/completion/completion.ts'),
  },
  version: { summary: 'print versions', load: () => import('./commands/version/version.ts') },
};
