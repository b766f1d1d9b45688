import type { Backend } from '../../board/backends/backend.ts';
import { QuadroError } from '../../board/core/errors.ts';
import type { JsonObject } from '../../board/core/json.ts';
import type { Lease } from '../../board/core/records.ts';
import { isLease, type LeaseRegister } from './lease-register.ts';

/** Keeps a lease in the board's own database: the row of a cursor's name with `.lease` in the table `cursors`. */
export function boardLeaseRegister(
  backend: Pick<Backend, 'location' | 'loadCursor' | 'saveCursor'>,
  boardId: string,
  cursorName: string,
): LeaseRegister {
  const name = `${cursorName}.lease`;
  return {
    async read() {
      const value: unknown = await backend.loadCursor(boardId, name);
      if (value === null || isLease(value)) return value;
      throw new QuadroError(
        'invalid_configuration',
        `The lease "${name}" of board ${boardId} in ${backend.location} cannot be used: remove its row from the table cursors.`,
        { details: { board_id: boardId, destination: name } },
      );
    },
    replace: (seen, next) =>
      backend.saveCursor(boardId, name, jsonOf(next), { unchangedFrom: seen === null ? null : jsonOf(seen) }),
  };
}

function jsonOf({ claims, ...lease }: Lease): JsonObject {
  return { ...lease, claims };
}
