import type { BoardRecord } from '../../board/core/records.ts';
import { type Column, type ColumnType, columnValue, TABLES, type TableName } from '../../board/core/tables.ts';
import { isoOf } from '../../board/core/time.ts';

/** How rows of one table become lines of a text file. */
export interface RowEncoder {
  /** The first line, where the format has one. */
  readonly header: string;
  line(record: object): string;
}

/** A value as JSON text: times as on the wire. */
function jsonText(value: unknown, type: ColumnType): string {
  if (value === null || value === undefined) return 'null';
  if (type === 'int' || type === 'bool') return String(value);
  if (type === 'timestamp') return `"${isoOf(Number(value))}"`;
  return JSON.stringify(value);
}

/** One JSON object a line, with the fields of the wire. */
export function ndjsonEncoder(table: TableName, board: BoardRecord): RowEncoder {
  const columns = TABLES[table].map((column, index) => {
    return { column, key: `${index === 0 ? '' : ','}${JSON.stringify(column.name)}:` };
  });
  return {
    header: '',
    // By hand, since every key and type is known: half the time of JSON.stringify over an object made for it.
    line: record => {
      let text = '{';
      for (const { column, key } of columns)
        text += key + jsonText(columnValue(record, column, board.board_uid), column.type);
      return `${text}}\n`;
    },
  };
}

function csvField(value: unknown, column: Column): string {
  if (value === null || value === undefined) return '';
  if (column.type === 'json' || column.type === 'list') return csvText(JSON.stringify(value));
  if (column.type === 'text') return csvText(String(value));
  return column.type === 'timestamp' ? isoOf(Number(value)) : String(value);
}

/** Always quoted: an empty text is `""`, so that it is not the empty field that stands for null. */
function csvText(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** RFC 4180 with a header; texts are quoted, null is an empty field, lists and JSON are JSON text. */
export function csvEncoder(table: TableName, board: BoardRecord): RowEncoder {
  const columns = TABLES[table];
  return {
    header: `${columns.map(({ name }) => name).join(',')}\n`,
    line: record =>
      `${columns.map(column => csvField(columnValue(record, column, board.board_uid), column)).join(',')}\n`,
  };
}
