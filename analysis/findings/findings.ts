import type { Report } from '../analyses.ts';
import { coordinationFindings } from './coordination-findings.ts';
import type { Finding } from './finding.ts';
import { rhythmFindings } from './rhythm-findings.ts';
import { workFindings } from './work-findings.ts';

/**
 * What stands out in a report, faults first, each in a sentence that names where, how much and why. Pure: the same report gives
 * the same sentences. A healthy log gives none.
 *
 * @example
 * for (const { sentence } of findings(await analysis.report())) console.log(sentence);
 */
export function findings(report: Report): readonly Finding[] {
  const found = [...coordinationFindings(report), ...workFindings(report), ...rhythmFindings(report)];
  const all = found.filter(finding => finding !== null);
  return [
    ...all.filter(({ severity }) => severity === 'fault'),
    ...all.filter(({ severity }) => severity === 'notice'),
  ];
}
