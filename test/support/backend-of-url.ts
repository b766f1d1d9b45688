import type { Backend } from '../../board/backends/backend.ts';
import { mysql } from '../../board/backends/mysql/index.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';

/** The backend of a server's URL, else of a SQLite file: what a test's child process is told by its arguments. */
export function backendOfUrl(url: string, options: { readonly readOnly?: boolean } = {}): Backend {
  if (url.startsWith('postgres:')) return postgres({ url, ...options });
  if (url.startsWith('mysql:')) return mysql({ url, ...options });
  return sqlite({ file: url, ...options });
}
