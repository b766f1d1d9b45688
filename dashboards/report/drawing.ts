import { importPeer } from '../../board/missing-package.ts';

/** What the charts are drawn with. */
export interface Drawing {
  readonly plot: typeof import('@observablehq/plot');
  /** The document that Plot makes its elements in, since there is no browser. */
  readonly document: object;
  /** Graphviz. */
  readonly viz: import('@viz-js/viz').Viz;
}

/**
 * Loads the packages that draw.
 *
 * @throws ConfigurationError (`missing_package`) naming the line that installs them.
 */
export function loadDrawing(): Promise<Drawing> {
  return importPeer(['@observablehq/plot', 'linkedom', '@viz-js/viz'], async () => {
    const [plot, { parseHTML }, { instance }] = await Promise.all([
      import('@observablehq/plot'),
      import('linkedom'),
      import('@viz-js/viz'),
    ]);
    const { document } = parseHTML('<!doctype html><html><body></body></html>');
    return { plot, document, viz: await instance() };
  });
}
