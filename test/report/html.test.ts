import { describe, expect, it } from 'vitest';
import { escaped, html, Markup } from '../../dashboards/report/html.ts';

describe('html', () => {
  it('escapes every value, in an element and in an attribute', () => {
    const label = `</p><img src="x" onerror='a'>&lt;`;
    const shown = '&lt;/p&gt;&lt;img src=&quot;x&quot; onerror=&#39;a&#39;&gt;&amp;lt;';
    expect(String(html`<p title="${label}">${label}</p>`)).toBe(`<p title="${shown}">${shown}</p>`);
  });

  it('passes markup on as it is, and lists of both', () => {
    const items = ['<1>', html`<b>${'<2>'}</b>`, 3];
    expect(String(html`<ul>${items}</ul>`)).toBe('<ul>&lt;1&gt;<b>&lt;2&gt;</b>3</ul>');
    expect(String(html`${new Markup('<hr>')}${null}${undefined}`)).toBe('<hr>');
  });

  it('shows what would disguise the text around it', () => {
    expect(escaped('a\u202eb\u0000c\u001b[2Jd\ufeff')).toBe('a\ufffdb\ufffdc\ufffd[2Jd\ufeff');
    expect(escaped('two\nlines\tand a tab')).toBe('two\nlines\tand a tab');
  });
});
