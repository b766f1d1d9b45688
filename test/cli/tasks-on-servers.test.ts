import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../board/core/json.ts';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { mysqlServer, newDatabase, postgresServer } from '../support/servers.ts';

const SERVERS = [
  { name: 'PostgreSQL', server: postgresServer() },
  { name: 'MariaDB or MySQL', server: mysqlServer() },
];

describe.each(SERVERS)('tasks and tokens from the command line: $name', ({ server }) => {
  it('a token makes the board, on which tasks are posted, moved, listed and put away', async context => {
    context.skip(server.url === null, server.skip ?? '');
    const url = await newDatabase(server);
    // What was mistyped, or is not there yet, is not made by a post.
    const early = await quadro(['post', url, 'memo', 'x']);
    expect({ status: early.status, stdout: early.stdout }).toEqual({ status: 2, stdout: '' });
    const made = await quadroJson<JsonObject>(['token', 'create', url, '--name', 'ci', '--allow', 'admin']);
    expect(made.token).toMatch(/^qdr_/);
    await quadroJson(['post', url, 'memo', 'Bees', '--id', 'b', '--key', 'k']);
    await quadroJson(['post', url, 'memo', 'Bees', '--id', 'b', '--key', 'k']);
    await quadroJson(['post', url, 'memo', 'Wasps', '--id', 'w', '--priority', '1']);
    const moved = await quadroJson<{ task: JsonObject }>(['update', url, 'b', 'ON_HOLD', '--reason', 'winter']);
    expect(moved.task.status).toBe('ON_HOLD');
    const listed = await quadroJson<JsonObject[]>(['list', url]);
    expect(listed.map(each => each.task_id)).toEqual(['w', 'b']);
    expect(await quadroJson<JsonObject>(['archive', url, 'b'])).toMatchObject({ archived: true });
    const { task, events } = await quadroJson<{ task: JsonObject; events: JsonObject[] }>(['show', url, 'b']);
    expect(task.archived_at).toMatch(/^\d{4}-/);
    expect(events.map(each => each.to_status)).toEqual(['UNASSIGNED', 'ON_HOLD']);
    const [token] = await quadroJson<JsonObject[]>(['token', 'list', url]);
    expect(token).toMatchObject({ token_id: made.token_id, permissions: ['admin'] });
    const revoked = await quadroJson<JsonObject>(['token', 'revoke', url, String(made.token_id)]);
    expect(revoked.revoked_at).toMatch(/^\d{4}-/);
  });

  it('of several boards one is chosen, and the token is that board’s alone', async context => {
    context.skip(server.url === null, server.skip ?? '');
    const url = await newDatabase(server);
    for (const board of ['news', 'kitchen']) {
      await quadroJson(['token', 'create', url, '--board', board, '--name', board, '--allow', 'read']);
    }
    const unclear = await quadro(['post', url, 'memo', 'x']);
    expect(unclear.stderr).toMatch(/holds several boards .*choose one with --board NAME \(invalid_source\)\n$/);
    await quadroJson(['post', url, 'memo', 'Soup', '--board', 'kitchen', '--id', 's']);
    expect(await quadroJson<JsonObject[]>(['list', url, '--board', 'news'])).toEqual([]);
    const tokens = await quadroJson<JsonObject[]>(['token', 'list', url, '--board', 'kitchen']);
    expect(tokens.map(each => each.name)).toEqual(['kitchen']);
  });
});
