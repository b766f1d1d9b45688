import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { consoleExamples, outputPattern, wordsOf } from '../support/console-examples.ts';
import { quadro, withoutProgress } from '../support/run-quadro.ts';
import { requireShared } from '../support/shared.ts';

const DOC = readFileSync(resolve(import.meta.dirname, '../../docs/tutorial.md'), 'utf8');

describe('docs/tutorial.md', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-tutorial-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  // Each command goes on from what the one before it made.
  it.for(consoleExamples(DOC))('$ %s', async ([command, output], context) => {
    copyFileSync(requireShared('data/bpic2013_closed_problems.csv.gz', context), join(dir, 'problems.csv.gz'));
    const { status, stdout, stderr } = await quadro(wordsOf(command).slice(1), { cwd: dir });
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(outputPattern(output));
  });
});
