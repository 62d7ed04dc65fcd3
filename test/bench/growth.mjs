import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { analyzeCommand } from './comparisons.mjs';
import { measure, measurePairs, median } from './measure.mjs';

const SAMPLE = fileURLToPath(new URL('../../samples/refused.pcap', import.meta.url));

/**
 * One sentence: how much longer a capture takes than a tenth of it. What the program takes for hardly any packets is told
 * apart, for it would hide a cost that grows faster than the capture.
 */
export async function growth(whole, tenth, pairs, work) {
  const command = (capture) => analyzeCommand(capture, join(work, 'growth.db'));
  const runs = await measurePairs(command(whole), command(tenth), pairs);
  const fixed = [];
  for (let i = 0; i < pairs; i++) fixed.push((await measure(command(SAMPLE))).seconds);
  return growthText(
    runs.ours.map(({ seconds }, i) => [seconds, runs.theirs[i].seconds]),
    median(fixed),
  );
}

/** @param pairs seconds for the whole capture and for its tenth; `fixed`: seconds for hardly any packets. */
export function growthText(pairs, fixed) {
  const ratios = pairs.map(([whole, tenth]) => whole / tenth);
  const above = pairs.map(([whole, tenth]) => (whole - fixed) / (tenth - fixed));
  const isTold = pairs.every(([, tenth]) => tenth > fixed);
  const rest = isTold
    ? `${spread(above)} without the ${fixed.toFixed(2)} s that hardly any packets take.`
    : 'too unsteady to tell the part that hardly any packets take.';
  return `Ten times the packets, \`short\` against a tenth of it (pairs: ${pairs.length}): ${spread(ratios)} times the time, ${rest}`;
}

function spread(ratios) {
  return `${median(ratios).toFixed(1)} (${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)})`;
}
