/** The pages about nodes say what the code does: states, messages, settings, signature, links and codes. */
import { existsSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configDefaults, configJsonSchema } from '../../../contracts/config.ts';
import { errorCatalogue } from '../../../contracts/error.ts';
import { nodeEventTypes, fleetEventPayloads } from '../../../contracts/event.ts';
import {
  ackResults,
  heartbeatResults,
  introspectionResults,
  nextSteps,
  registrationStates,
} from '../../../contracts/node/vocabulary.ts';
import { listSettings, valueAt } from '../../../domain/config/settings.ts';
import { registrationEdges } from '../../../domain/registration/states.ts';
import { shownValues } from '../../../scripts/config-page.ts';
import { sign } from '../../../workers/relay/signature.ts';
import { registrationMessages, registrationType } from '../../../workflows/messages/registration.ts';

const docs = path.resolve(import.meta.dirname, '../../../docs');
const names = ['workflows/registration.md', 'guides/nodes.md', 'runbooks/mass-node-expiry.md'] as const;
const pages = Object.fromEntries(names.map((name) => [name, readFileSync(path.join(docs, name), 'utf8')]));
const page = (name: (typeof names)[number]): string => pages[name] ?? '';

/** First cells of the table that has this header. */
function rowsUnder(text: string, header: string): string[][] {
  const lines = text.split('\n');
  const start = lines.indexOf(header);
  if (start < 0) throw new Error(`no table ${header}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/workflows/registration.md', () => {
  const text = page('workflows/registration.md');

  it('draws exactly the edges of the table', () => {
    const drawn = [...text.matchAll(/^ {2}(\w+) --> (\w+): (E\d) /gm)].map(([, from, to, id]) => `${id} ${from} ${to}`);
    const legal = Object.entries(registrationEdges).flatMap(([from, edges]) =>
      Object.entries(edges).map(([to, id]) => `${id} ${from} ${to}`),
    );
    expect(drawn.toSorted()).toEqual(legal.toSorted());
    expect(text).toContain('[*] --> pending_registration: ES ');
  });

  it('explains the eight states in their order', () => {
    const states = rowsUnder(text, '| State | Means | What time does |').map(([state]) => state);
    expect(states).toEqual(registrationStates.map((state) => `\`${state}\``));
  });

  it('names every message of the workflow, and its type', () => {
    const messages = rowsUnder(text, '| Name | Kind | What it does |').map(([name]) => name ?? '');
    expect(messages.toSorted()).toEqual(
      Object.values(registrationMessages)
        .map((name) => `\`${name}\``)
        .toSorted(),
    );
    expect(text).toContain(`--type ${registrationType} `);
  });

  it('uses only states that exist in its saved views', () => {
    const used = [...text.matchAll(/"([a-z_]+)"/g)].map(([, word]) => word ?? '').filter((word) => word.includes('_'));
    const known: readonly string[] = registrationStates;
    const fields = [
      'schema_version',
      'entity_id',
      'node_id',
      'node_name',
      'node_type',
      'correlation_id',
      'command_id',
      'attempt_id',
      'uptime_seconds',
    ];
    expect(used.filter((word) => !known.includes(word) && !fields.includes(word))).toEqual([]);
  });
});

describe('docs/guides/nodes.md', () => {
  const text = page('guides/nodes.md');

  it('has every setting with its default and its range', () => {
    const groups = /^(registration|deadlines|sweep|breaker|damping)\./;
    const settings = listSettings(configJsonSchema()).filter(
      ({ key }) => groups.test(key) && !key.startsWith('registration.admission.'),
    );
    const expected = settings.map(({ key, schema, description }) => [
      `\`${key}\``,
      String(valueAt(configDefaults, key.split('.'))),
      shownValues(schema),
      description,
    ]);
    expect(rowsUnder(text, '| Key | Default | Values | Meaning |')).toEqual(expected);
  });

  it('names only results and next steps that exist', () => {
    const words: ReadonlySet<string> = new Set([
      ...ackResults,
      ...heartbeatResults,
      ...introspectionResults,
      ...nextSteps,
      'retry_after_ms',
      'next_heartbeat_in_ms',
      'attempt_id',
      'request',
    ]);
    const cells = rowsUnder(text, '| Answer | Means | Do |').flat().join(' ');
    const named = [...cells.matchAll(/`([a-z_]+)`/g)].map(([, word]) => word ?? '');
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((word) => !words.has(word))).toEqual([]);
  });

  it('checks a signature the way it is made', async () => {
    const source = /```ts\n\/\/ verify-webhook\.ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    const code = stripTypeScriptTypes(source);
    const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      isGenuine: (secret: string, header: string, body: string, now?: number) => boolean;
    };
    const body = '{"type":"node.became_active","name":"ä"}';
    const header = sign('hush', 1_000_000, body);
    expect(isGenuine('hush', header, body, 1_000_200)).toBe(true);
    expect(isGenuine('hush', header, body, 1_000_301)).toBe(false);
    expect(isGenuine('hush', header, body, 999_699)).toBe(false);
    expect(isGenuine('hash', header, body, 1_000_000)).toBe(false);
    expect(isGenuine('hush', header, `${body} `, 1_000_000)).toBe(false);
    expect(isGenuine('hush', header.replace('t=1000000', 't=1000100'), body, 1_000_100)).toBe(false);
    for (const bad of ['', 'v1=aa', 't=1,v1=zz', `${header}0`, 't=,v1='])
      expect(isGenuine('hush', bad, body, 1_000_000), bad).toBe(false);
  });
});

describe.each(names)('docs/%s', (name) => {
  const text = page(name);

  it('links to pages that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target ?? '');
    const broken = links.filter((target) => !existsSync(path.resolve(docs, path.dirname(name), target)));
    expect(broken).toEqual([]);
  });

  it('names codes, event types and settings that exist', () => {
    const codes = [...text.matchAll(/\b(?:ND|OB|SX)\d{3}\b/g)].map(([code]) => code);
    expect(codes.filter((code) => !Object.hasOwn(errorCatalogue, code))).toEqual([]);
    const types: readonly string[] = [...nodeEventTypes, ...Object.keys(fleetEventPayloads)];
    const named = [...text.matchAll(/\b(?:node|fleet)\.[a-z_]+(?:\.[a-z_]+)*/g)].map(([type]) => type);
    expect(
      named.filter(
        (type) => !types.includes(type) && !/^node\.(yaml|json|start|ready|close|status|register|read)$/.test(type),
      ),
    ).toEqual([]);
    const keys = listSettings(configJsonSchema()).map(({ key }) => key);
    const settings = [...text.matchAll(/`((?:registration|deadlines|sweep|breaker|damping|outbox)\.[a-z_.]+)`/g)].map(
      ([, key]) => key ?? '',
    );
    expect(settings.filter((key) => !keys.includes(key) && key !== 'registration.md')).toEqual([]);
  });
});
