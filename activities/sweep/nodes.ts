/** Nodes as the sweep watches them: states, mass events, coarse deadlines, and the five kinds of pokes. */
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { Poke } from '../../contracts/node/messages.ts';
import type { RegistrationKey } from '../../contracts/node/workflow.ts';
import type { Database } from '../../db/client.ts';
import {
  closeIncident,
  findOpenIncident,
  noteExtent,
  openIncident,
  type OpenIncident,
} from '../../db/stores/incidents/incidents.ts';
import { claimPokes } from '../../db/stores/sweep/claim-pokes.ts';
import { type DueNode, duePages, nodePokeRules } from '../../db/stores/sweep/find-pokes.ts';
import { renewDeadlines } from '../../db/stores/sweep/renew-deadlines.ts';
import { countStates, type FleetCensus, type StateCount, takeCensus } from '../../db/stores/sweep/take-census.ts';
import { judgeSilence, massSilence, monitoredNodes } from '../../domain/incidents/mass-silence.ts';
import { EdgeWatch } from './edge-watch.ts';
import { byTurn, type Census, type Pulse, type SweepSubject } from './subject.ts';

export interface NodeSweepDeps {
  readonly database: Database;
  /** Signals the workflow of a node, with start. */
  readonly poke: (key: RegistrationKey, poke: Poke) => Promise<void>;
  /** States by domain and active nodes, as counted. */
  readonly counted: (states: readonly StateCount[], active: number) => void;
  readonly incidentChanged: (change: 'opened' | 'closed', incidentId: string, census: FleetCensus) => void;
}

export function createNodeSweep(deps: NodeSweepDeps): SweepSubject<DueNode> {
  const { database } = deps;
  const edges = new EdgeWatch();
  return {
    name: 'nodes',
    begin(settings, pulse) {
      let incident: OpenIncident | null = null;
      return {
        async count() {
          const open = await findOpenIncident(database, massSilence);
          const [states, census] = await Promise.all([
            countStates(database),
            takeCensus(database, settings, open?.opened_at ?? null),
          ]);
          deps.counted(states, census.active);
          const judged = await tendIncident(deps, settings, open, census);
          incident = judged.incident;
          return { monitored: census.active, overdue: census.overdue, incident: judged.change };
        },
        renew: () => renewDeadlines(database, settings, () => pulse.beat()),
        due: (limit) => findDue(database, settings, edges, limit, pulse),
        async claim(nodes) {
          const claimed = new Set(await claimPokes(database, nodes));
          // Without a hot row there is nowhere to note a poke; the step it leads to makes a new one.
          return nodes.filter((node) => claimed.has(node) || !node.hot);
        },
        poke: ({ entity_id, domain, kind, epoch }) =>
          deps.poke(
            { entity_id, domain },
            { kind, epoch, incident_id: kind === 'liveness' ? (incident?.id ?? null) : null },
          ),
      };
    },
  };
}

async function tendIncident(
  deps: NodeSweepDeps,
  settings: NodeSettings,
  open: OpenIncident | null,
  census: FleetCensus,
): Promise<{ readonly incident: OpenIncident | null; readonly change: Census['incident'] }> {
  const { database } = deps;
  const extent = { monitored: monitoredNodes(census), affected: census.affected, sample: census.sample };
  if (open !== null) await noteExtent(database, open.id, extent);
  const verdict = judgeSilence(census, open?.age_ms ?? null, settings.sweep);
  if (verdict === 'open') {
    const opened = await openIncident(database, massSilence, extent);
    if (opened === null) return { incident: await findOpenIncident(database, massSilence), change: 'open' };
    deps.incidentChanged('opened', opened.id, census);
    return { incident: opened, change: 'opened' };
  }
  if (verdict === 'close' && open !== null) {
    if (await closeIncident(database, open.id)) deps.incidentChanged('closed', open.id, census);
    return { incident: null, change: 'closed' };
  }
  return { incident: open, change: open === null ? 'none' : 'open' };
}

/** Every rule gives its first `limit`; of all of them the first `limit` are due. */
async function findDue(
  database: Database,
  settings: NodeSettings,
  edges: EdgeWatch,
  limit: number,
  pulse: Pulse,
): Promise<readonly DueNode[]> {
  const found: DueNode[] = [];
  edges.beginSweep();
  for (const rule of nodePokeRules) {
    let ofRule = 0;
    for await (const page of duePages(database, rule, settings)) {
      pulse.beat();
      const due = page.filter((node) => node.kind !== 'edge' || edges.isOld(node, performance.now()));
      found.push(...due);
      ofRule += due.length;
      if (ofRule >= limit) break;
    }
  }
  return found.toSorted(byTurn).slice(0, limit);
}
