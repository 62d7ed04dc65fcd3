import { CAPTURES } from './captures.mjs';
import { median } from './measure.mjs';

const HEAD = [
  '| capture | against | ratio | spread (pairs) | seconds | its seconds | packets/s | MB/s | peak MB |',
  '| --- | --- | --: | --- | --: | --: | --: | --: | --: |',
];

/** The table of all comparisons that were made: `{ comparison, runs, packets, bytes }` each. */
export function table(results) {
  return [...HEAD, ...results.map(row)].join('\n');
}

/**
 * One row. The ratio is the median of the pairs' ratios: what ours takes of the other's time. `bytes` are those of the
 * capture as it is when nothing is compressed. The peak is the highest of all runs of ours.
 */
export function row({ comparison, runs, packets, bytes }) {
  const ratios = runs.ours.map(({ seconds }, i) => seconds / runs.theirs[i].seconds);
  const seconds = median(runs.ours.map((run) => run.seconds));
  const peak = Math.max(...runs.ours.map(({ peakKiB }) => peakKiB ?? NaN));
  const spread = `${rounded(Math.min(...ratios))} to ${rounded(Math.max(...ratios))} (${ratios.length})`;
  const cells = [
    titleOf(comparison),
    comparison.against,
    rounded(median(ratios)),
    ratios.length === 1 ? '(1)' : spread,
    rounded(seconds),
    rounded(median(runs.theirs.map((run) => run.seconds))),
    grouped(packets / seconds),
    grouped(bytes / 1e6 / seconds),
    Number.isNaN(peak) ? 'unknown' : grouped((peak * 1024) / 1e6),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** What was measured; what a capture is stands in its first rows alone. */
function titleOf({ capture, section, compression, part = 1, note }) {
  const file = compression === undefined ? `\`${capture}\`` : `\`${capture}.pcap.${compression}\``;
  const told = [part === 1 ? null : `${part * 100} % of it`, note ?? null].filter((text) => text !== null);
  if (told.length > 0) return [file, ...told].join(', ');
  return section === capture ? `${file}: ${CAPTURES[capture].title}` : file;
}

/** Three digits that count. */
function rounded(number) {
  return number >= 100 ? grouped(number) : number.toPrecision(3);
}

function grouped(number) {
  return Math.round(number)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

const BEGIN = '<!-- npm run bench writes from here -->';
const END = '<!-- to here -->';

/** The page with `text` between the two marks, whatever was there before. @throws where the page has not both. */
export function withFigures(page, text) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the README has not both ${BEGIN} and, behind it, ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${text}\n\n${page.slice(end)}`;
}
