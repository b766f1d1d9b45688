/** The house rules that neither biome nor the type checker knows; part of `npm run check`. */
import { deadExports, deadFiles, undocumentedExports } from './export-faults.ts';
import { layerFaults } from './layer-faults.ts';
import { readSources } from './sources.ts';

const sources = readSources();
const checks = { layers: layerFaults, exports: deadExports, files: deadFiles, docs: undocumentedExports };
for (const [name, check] of Object.entries(checks)) {
  const faults = check(sources);
  for (const { path, line, message } of faults) console.error(`${path}:${line} ${message}`);
  console.log(`${name}: ${faults.length === 0 ? 'ok' : `${faults.length} faults`}`);
  if (faults.length > 0) process.exitCode = 1;
}
