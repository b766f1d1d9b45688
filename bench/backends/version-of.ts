import { readFileSync } from 'node:fs';

/** The version of an installed package: of the project's own, or of those in `bench/peers`. */
export function versionOf(name: string, folder: '../..' | '../peers' = '../..'): string {
  const text = readFileSync(new URL(`${folder}/node_modules/${name}/package.json`, import.meta.url), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
}
