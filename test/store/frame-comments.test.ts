import { describe, expect, it } from 'vitest';
import { frameComments } from '../../src/store/frame-comments.js';
import { sample } from '../cli/support/program.js';
import { analyzeFiles } from '../support/run.js';

describe('the comments on a frame', () => {
  it('say of no reset that an end sent it in whose name it only came', async () => {
    const { analysis } = await analyzeFiles([sample('reset-injected.pcapng')]);
    const comments = [...frameComments(analysis.database, [1]).values()].flat();
    expect(comments).toContainEqual(
      expect.stringContaining('connection 1 was closed first by a reset in the name of the'),
    );
    expect(comments).toContainEqual(expect.stringContaining('connection 1: reset in the name of the'));
    expect(comments.filter((text) => /(first|reset) by the/.test(text))).toEqual([]);
  });
});
