import { findings, type Report } from '../../analysis/index.ts';
import { printable } from '../output.ts';
import { sleepText } from './chief-text.ts';
import { coordinationText } from './coordination-text.ts';
import { timeText, workText } from './work-text.ts';

/** What stands out, a sentence a line. */
function findingsText(report: Report): string {
  const found = findings(report);
  if (found.length === 0) return 'Nothing stands out.';
  return ['What stands out', ...found.map(({ sentence }) => `  • ${printable(sentence)}`)].join('\n');
}

/** A report for a terminal. */
export function reportText(report: Report): string {
  const parts = [...timeText(report), ...coordinationText(report), ...workText(report), sleepText(report)];
  return `${findingsText(report)}\n${parts.join('\n')}`;
}
