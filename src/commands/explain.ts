import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import type { DetectorMeta, Word } from '../index.js';
import { wrapped } from '../report/plain.js';
import { withExamples } from './help.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';

export function defineExplain(command: Command, run: Runner): void {
  command
    .description('what a detector looks for and its rule, or what a word means')
    .argument(
      '[name]',
      'a detector, a kind of finding, or a word of a column (half-open, data_after_close, challenged); without it, all detectors are listed',
    )
    .action(run(explainCommand));
  withExamples(command, ['tcpclose explain', 'tcpclose explain time-wait-syn', 'tcpclose explain half-open']);
}

async function explainCommand(terminal: Terminal, _options: CommonOptions, name: string | undefined): Promise<number> {
  const { DETECTORS, WORDS } = await import('../index.js');
  const detectors = DETECTORS.map(({ meta }) => meta);
  if (name === undefined) {
    await terminal.printAll(detectors.map((meta) => `${terminal.style.bold(meta.id)}\n  ${meta.summary}\n`));
    return 0;
  }
  const meant = detectors.filter((meta) => meta.id === name || Object.hasOwn(meta.findings, name));
  const words = WORDS.filter(({ word }) => word === name);
  if (meant.length + words.length === 0) throw await noSuchName(name, detectors, WORDS);
  const parts = [...words.map((word) => wordText(word, terminal)), ...meant.map((meta) => explanation(meta, terminal))];
  await terminal.print(parts.join('\n'));
  return 0;
}

async function noSuchName(
  name: string,
  detectors: readonly DetectorMeta[],
  words: readonly Word[],
): Promise<UsageError> {
  const { didYouMean } = await import('../store/nearest.js');
  const ids = detectors.map((meta) => meta.id);
  const kinds = detectors.flatMap((meta) => Object.keys(meta.findings));
  const meant = didYouMean(name, [...ids, ...kinds, ...words.map(({ word }) => word)]);
  return new UsageError(
    'no-such-detector',
    `there is no detector, finding or word ${name}. ${meant}Detectors are: ${ids.join(', ')}.`,
  );
}

function wordText({ word, column, meaning, detector }: Word, { style, page }: Terminal): string {
  const lines = wrapped(`${word} (${column}): ${meaning}.`, page.width);
  return `${lines.join('\n').replace(word, style.bold(word))}\nMore: tcpclose explain ${detector}\n`;
}

function explanation(meta: DetectorMeta, terminal: Terminal): string {
  const findings = Object.entries(meta.findings).map(([kind, text]) => `  ${kind}: ${text}\n`);
  return `${terminal.style.bold(meta.id)}: ${meta.summary}\n\n${meta.explanation.trim()}\n\nFindings\n${findings.join('')}\nRests on: ${meta.references.join('; ')}\n`;
}
