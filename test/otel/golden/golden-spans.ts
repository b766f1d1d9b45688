import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogSource } from '../../../board/log-source.ts';
import { packageVersion } from '../../../board/package-version.ts';
import { type TranslationOptions, writeSpans } from '../../../exporters/otel/index.ts';
import type { GoldenBoard } from './make-golden-log.ts';

/** Where the golden files are kept: a folder of rows and two files of spans a board. */
export const GOLDEN_FOLDER: string = import.meta.dirname;

/** Stands for the package's version in the golden files: a release changes it in every request, and nothing else. */
const ANY_VERSION = '0.0.0-any';

/** What is asked for of a board's spans: everything that is opt-in on one of them, none of it on the others. */
export function optionsOf(board: GoldenBoard): TranslationOptions {
  const serviceName = 'quadro';
  return board === 'press' ? { serviceName, withLabel: true, genAi: { providerName: 'openai' } } : { serviceName };
}

/**
 * A log's spans in the bytes in which `quadro spans --to` writes them, but a request a span, since how many rows go into one
 * is no matter of the contract, and with the scope's version replaced.
 */
export async function spansText(source: LogSource, board: GoldenBoard, folder: string): Promise<string> {
  const path = join(folder, `${board}.spans.ndjson`);
  await writeSpans(source, path, { ...optionsOf(board), batchSize: 1000 });
  const requests = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '');
  return requests.flatMap(requestsOfOne).map(withAnyVersion).join('');
}

/** What of a request is looked into. */
interface Request {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly object[] }[] }[];
}

function requestsOfOne(line: string): string[] {
  const { resourceSpans } = JSON.parse(line) as Request;
  return resourceSpans.flatMap(ofResource =>
    ofResource.scopeSpans.flatMap(ofScope =>
      ofScope.spans.map(span => {
        if (!line.includes(JSON.stringify(span)))
          throw new Error(`These are not the bytes sent: ${JSON.stringify(span)}`);
        return JSON.stringify({ resourceSpans: [{ ...ofResource, scopeSpans: [{ ...ofScope, spans: [span] }] }] });
      }),
    ),
  );
}

/** Only in the scope, and in every request. */
function withAnyVersion(line: string): string {
  const scope = (version: string): string => `"scope":{"name":"quadro","version":${JSON.stringify(version)}}`;
  const parts = line.split(scope(packageVersion()));
  if (parts.length !== 2) throw new Error(`A request does not have this version's scope once: ${line.slice(0, 600)}`);
  return `${parts.join(scope(ANY_VERSION))}\n`;
}
