import { html } from './format.ts';

function inline(text: string): string {
  return html(text)
    .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replaceAll(/\*(.+?)\*/g, '<i>$1</i>')
    .replaceAll(/`(.+?)`/g, '<code>$1</code>');
}

function block(text: string): string {
  const lines = text.split('\n');
  const isList = /^(?:- |\d+\. )/.test(text);
  if (!isList) return `<p>${inline(lines.join(' '))}</p>`;
  const tag = text.startsWith('- ') ? 'ul' : 'ol';
  const items = text.split(/\n(?=- |\d+\. )/).map(item => item.replace(/^(?:- |\d+\. )/, '').replaceAll('\n', ' '));
  return `<${tag}>${items.map(item => `<li>${inline(item)}</li>`).join('')}</${tag}>`;
}

/** As much of Markdown as the dashboards' texts use, as HTML: paragraphs, lists, bold, italic, code. */
export function markdownHtml(text: string): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map(block)
    .join('');
}
