import { open } from 'node:fs/promises';

/** Makes new names in a folder durable. Some systems cannot open a folder; there they have to do without. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
