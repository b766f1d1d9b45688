import { SETTING_LIST } from '../../cli/config/settings.ts';

function shownDefault(initial: unknown): string {
  if (initial === null || (typeof initial === 'object' && Object.keys(initial).length === 0)) return 'none';
  return typeof initial === 'string' ? `\`${initial}\`` : String(initial);
}

/** The table of docs/configuration.md, as the settings themselves have it. */
export function settingsTable(): string {
  const rows = [...SETTING_LIST].map(([name, { initial, wanted, help, needs, isSecret }]) => {
    const notes = [
      `${help}.`,
      ...(needs === undefined ? [] : [`Wants \`${needs}\`.`]),
      ...(isSecret ? [`Or \`${name}_file\`.`] : []),
    ];
    return `| \`${name}\` | ${wanted} | ${shownDefault(initial)} | ${notes.join(' ').replaceAll('|', '\\|')} |`;
  });
  return ['| setting | is | default | |', '|---|---|---|---|', ...rows].join('\n');
}
