import { counted } from '../../../analysis/format.ts';
import { REPORT_NAMES, type Report, type ReportName } from '../../../analysis/index.ts';
import { type Part, show } from '../shown.ts';
import { ageingPart } from './ageing.ts';
import { agentsPart } from './agents.ts';
import { chiefPart } from './chief.ts';
import { costPart } from './cost.ts';
import { flightsPart } from './flights.ts';
import { flowPart } from './flow.ts';
import { processPart } from './process.ts';
import { revisionsPart } from './revisions.ts';
import { stalePart } from './stale.ts';
import { timePart } from './time.ts';
import { trustPart } from './trust.ts';
import { waitsPart } from './waits.ts';

/** Analyses that no part tells of, as tables: what is new is never missing. */
function furtherPart(report: Report, told: ReadonlySet<ReportName>): Part {
  const names = REPORT_NAMES.filter(name => !told.has(name));
  return {
    id: 'further',
    title: 'Further figures',
    about: 'Analyses without a picture.',
    shown: names.map(analysis =>
      show(report, {
        title: analysis,
        analysis,
        none: 'No rows.',
        picture: rows => ({ says: `${counted(rows.length, 'row')}.` }),
      }),
    ),
  };
}

/** The parts of a report, in the order in which they are read. */
export function parts(report: Report): readonly Part[] {
  const told = [
    timePart(report),
    waitsPart(report),
    processPart(report),
    flowPart(report),
    flightsPart(report),
    chiefPart(report),
    revisionsPart(report),
    stalePart(report),
    agentsPart(report),
    ageingPart(report),
    costPart(report),
    trustPart(report),
  ];
  const names = told.flatMap(({ shown }) => shown.flatMap(({ analysis, also }) => [analysis, ...also]));
  const further = furtherPart(report, new Set(names));
  return further.shown.length === 0 ? told : [...told, further];
}
