import { Command, Option } from 'commander';
import { effectiveConfig, effectiveConfigText } from '../config/effective-config.ts';
import { loadLifecycles } from '../config/load-lifecycles.ts';
import { configurationError, type ResolvedConfig, resolveConfig } from '../config/resolve-config.ts';
import { flagOf, SETTING_LIST } from '../config/settings.ts';
import { FoundFaults } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { serveConfig } from '../serve/serve-config.ts';
import { oneMore } from '../span-options.ts';

const HELP_END = `
Flags go before QUADRO_* variables (QUADRO_DATABASE_URL, QUADRO_PORT, …), those before the file of --config, TOML or YAML
with the same names in snake_case (database_url, port, …). Lists are written with commas, or by repeating a flag. A service
serves one board: start several for several boards of a database, each on its port.

Examples:
  quadro serve newsroom.db
  quadro serve --config quadro.toml --port 8080 --print-config
  QUADRO_DATABASE_URL=postgres://quadro@db/boards quadro serve --chief --ombudsman

The first Ctrl-C or SIGTERM stops it in order, the second at once. Exit code 0: all that was under way was finished; 1: it
was not; 2: it could not start; 130, 143: a second Ctrl-C, a second SIGTERM.`;

interface OwnOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly json?: boolean;
}

/** The settings as options, of which each text is a list: what it means is read once, for flags and variables alike. */
function settingOptions(): Map<string, readonly Option[]> {
  return new Map(
    [...SETTING_LIST].map(([name, { placeholder, help, isSecret }]) => {
      const flag = flagOf(name);
      if (placeholder === null) return [name, [new Option(flag, help), new Option(`--no-${flag.slice(2)}`).hideHelp()]];
      const option = new Option(`${flag} ${placeholder}`, help).argParser(oneMore);
      const file = new Option(`${flag}-file <file>`, 'a file that holds it').argParser(oneMore);
      return [name, isSecret ? [option, file] : [option]];
    }),
  );
}

/** What the flags say: name, as files have it → texts, or whether it is on. */
function flagsOf(
  values: Readonly<Record<string, unknown>>,
  options: ReadonlyMap<string, readonly Option[]>,
): Map<string, boolean | readonly string[]> {
  const flags = new Map<string, boolean | readonly string[]>();
  for (const [name, [option, file]] of options) {
    const value = values[option?.attributeName() ?? ''];
    if (value !== undefined) flags.set(name, value as boolean | readonly string[]);
    const path = file === undefined || file.negate ? undefined : values[file.attributeName()];
    if (path !== undefined) flags.set(`${name}_file`, (path as readonly string[]).slice(-1));
  }
  return flags;
}

async function printConfig(resolved: ResolvedConfig, isJson: boolean): Promise<void> {
  await loadLifecycles(resolved);
  if (isJson) await printJson(effectiveConfig(resolved));
  else await print(effectiveConfigText(resolved));
}

/** `quadro serve [URL]` */
export function serveCommand(): Command {
  const options = settingOptions();
  const command = new Command('serve')
    .description('Serve a board over HTTP, with a Chief, an Ombudsman and exporters where they are asked for')
    .argument('[url]', 'where the board is kept, as --database-url')
    .option('--config <file>', 'a .toml, .yaml or .json file of settings; else that of QUADRO_CONFIG')
    .option('--print-config', 'print every setting and where it comes from, secrets hidden, and end')
    .addOption(new Option('--json', 'with --print-config: one JSON object'))
    .optionsGroup('Settings:');
  for (const option of [...options.values()].flat()) command.addOption(option);
  return command.addHelpText('after', HELP_END).action(async (url: string | undefined, values: OwnOptions) => {
    const flags = flagsOf(values as Readonly<Record<string, unknown>>, options);
    if (url !== undefined) {
      if (flags.has('database_url')) throw configurationError(['URL and --database-url cannot both be given']);
      flags.set('database_url', [url]);
    }
    const resolved = await resolveConfig({ flags, env: process.env, file: values.config });
    if (values.printConfig) return printConfig(resolved, values.json === true);
    if (!(await serveConfig(resolved))) throw new FoundFaults();
  });
}
