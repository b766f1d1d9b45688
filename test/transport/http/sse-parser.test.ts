import { describe, expect, it } from 'vitest';
import { SseParser } from '../../../board/transport/http/sse-parser.ts';

const STREAM =
  'retry: 2000\nid: 3\n\n: heartbeat\n\nid: 4\nevent: task_posted\ndata: {"a":"ä"}\n\nid:5\ndata:one\ndata: two\n\ndata\n\n';
const MESSAGES = [
  { id: '4', data: '{"a":"ä"}' },
  { id: '5', data: 'one\ntwo' },
  { id: null, data: '' },
];

describe('SseParser', () => {
  it('reads messages with an id, without one, of several lines; no comment and no message without data', () => {
    expect(new SseParser().push(STREAM)).toEqual(MESSAGES);
  });

  it('gives the same wherever the text is cut, with any line end', () => {
    for (const text of [STREAM, STREAM.replaceAll('\n', '\r\n'), STREAM.replaceAll('\n', '\r')]) {
      for (let cut = 0; cut <= text.length; cut++) {
        const parser = new SseParser();
        const messages = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut)), ...parser.push(':\n')];
        expect([cut, messages]).toEqual([cut, MESSAGES]);
      }
    }
  });

  it('gives nothing of a message that was cut off', () => {
    expect(new SseParser().push('id: 1\ndata: {"a":')).toEqual([]);
    expect(new SseParser().push('id: 1\ndata: {}\n')).toEqual([]);
  });

  it('refuses a message without an end before it fills the memory', () => {
    const parser = new SseParser(100);
    expect(() => {
      for (let piece = 0; piece < 20; piece++) parser.push('data: 0123456789');
    }).toThrow(RangeError);
    const lines = new SseParser(100);
    expect(() => {
      for (let piece = 0; piece < 20; piece++) lines.push('data: 0123456789\n');
    }).toThrow(RangeError);
  });
});
