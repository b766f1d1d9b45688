#!/usr/bin/env node
// Plain JavaScript, and no import before the check: an older Node shall get a sentence, not a stack trace.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `quadro: needs Node 22.15 or newer, and this is ${process.versions.node}; install one from https://nodejs.org, or in a clone run it as "npx quadro"\n`,
  );
  process.exit(2);
}

const { enableCompileCache } = await import('node:module');
// A third of what a short command takes is compiling. Where no cache can be written, Node goes on without.
enableCompileCache();

const { existsSync } = await import('node:fs');
const source = new URL('../cli/main.ts', import.meta.url);
const built = new URL('../dist/cli/main.js', import.meta.url);
// A clone has the sources, and Node 24 runs them as they are; a package has dist/ only.
const { main } = await import((major >= 24 && existsSync(source) ? source : built).href);
process.exitCode = await main(process.argv.slice(2));
