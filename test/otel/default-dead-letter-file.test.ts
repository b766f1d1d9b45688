import { describe, expect, it } from 'vitest';
import { defaultDeadLetterFile } from '../../exporters/otel/index.ts';

const UID = '0198c0de-0000-7000-8000-000000000000';
const at = (board_id: string) => ({ board_id, board_uid: UID });

describe('where dead letters go unless somebody says otherwise', () => {
  it('beside the cursor of a board in a file, or of an exported log', () => {
    const place = { sidecarPath: '/var/board.db', isSynchronous: true };
    expect(defaultDeadLetterFile(place, at('default'), 'otlp-1')).toBe(
      '/var/board.db.cursor-otlp-1.dead-letter.ndjson',
    );
    expect(defaultDeadLetterFile({ sidecarPath: 'log' }, at('other'), 'team-a')).toBe(
      `log.cursor-team-a-${UID}.dead-letter.ndjson`,
    );
  });

  it('in the current folder for a board on a server, whatever its name', () => {
    const server = { sidecarPath: null, isSynchronous: false };
    expect(defaultDeadLetterFile(server, at('default'), 'otlp-1')).toBe('quadro-dead-letter-default-otlp-1.ndjson');
    expect(defaultDeadLetterFile(server, at('../news room'), 'otlp-1')).toBe(
      'quadro-dead-letter-..%2Fnews%20room-otlp-1.ndjson',
    );
  });

  it('nowhere for a board in memory; a destination that leads elsewhere is refused', () => {
    expect(defaultDeadLetterFile({ sidecarPath: null, isSynchronous: true }, at('default'), 'otlp-1')).toBeNull();
    for (const sidecarPath of ['/var/board.db', null]) {
      expect(() => defaultDeadLetterFile({ sidecarPath }, at('default'), '../up')).toThrow(/takes up to 100 letters/);
    }
  });
});
