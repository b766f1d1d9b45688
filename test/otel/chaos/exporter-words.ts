import type { ExportProgress, OtlpProtocol } from '../../../exporters/otel/index.ts';

/** What an exporter process is to do. */
export interface ExporterJob {
  /** The board's file or URL. */
  readonly source: string;
  /** Goes with every request. */
  readonly name: string;
  readonly url: string;
  readonly protocol: OtlpProtocol;
  readonly timeoutMs: number;
  readonly deadLetterFile: string;
}

/** What it tells. */
export type ExporterWord =
  | { readonly at: 'waited'; readonly ms: number }
  | ({ readonly at: 'progress' } & Pick<ExportProgress, 'rejected' | 'rejected_message' | 'dead_lettered' | 'waiting'>)
  | { readonly at: 'failed'; readonly code: string; readonly message: string }
  | { readonly at: 'end'; readonly events: number };
