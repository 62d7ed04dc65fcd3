import { expect, it } from 'vitest';
import { CAUSES } from '../../../src/report/html/reset-causes.js';
import { RESET_CAUSES } from '../../../src/flow/vocabulary.js';

it('each cause of a reset has words that a narrow page shows whole', () => {
  expect(Object.keys(CAUSES)).toEqual(expect.arrayContaining(RESET_CAUSES.filter((cause) => cause !== null)));
  for (const words of Object.values(CAUSES)) expect(words.length, words).toBeLessThanOrEqual(40);
});
