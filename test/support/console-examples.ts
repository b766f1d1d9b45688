/** A command that a page shows, and what it prints. */
export type ConsoleExample = readonly [command: string, output: string];

/** The commands of every `console` block of a page with what they print, in its order. */
export function consoleExamples(page: string): ConsoleExample[] {
  return [...page.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text): ConsoleExample => {
        const [command = '', ...lines] = text.split('\n');
        return [command, lines.join('\n')];
      }),
  );
}

/** The words of a command, quotes taken off. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}

/** What a page shows, as a pattern in which a line `…` stands for any lines. */
export function outputPattern(text: string): RegExp {
  const quoted = text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${quoted.replaceAll(/^…\n/gm, '(?:.*\\n)*')}$`);
}
