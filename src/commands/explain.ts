import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import type { Word } from '../index.js';
import { wrapped } from '../report/plain.js';
import { withExamples } from './help.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';

/** What a detector says of itself, as far as it is printed here. */
interface DetectorMeta {
  readonly id: string;
  readonly summary: string;
  readonly references: readonly string[];
  readonly findings: Readonly<Record<string, string>>;
  readonly explanation?: string;
}

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
  const detectors = await allDetectors();
  if (name === undefined) {
    await terminal.printAll(detectors.map((meta) => `${terminal.style.bold(meta.id)}\n  ${meta.summary}\n`));
    return 0;
  }
  const meant = detectors.filter((meta) => meta.id === name || Object.hasOwn(meta.findings, name));
  const words = (await allWords()).filter(({ word }) => word === name);
  if (meant.length + words.length === 0)
    throw new UsageError(
      'no-such-detector',
      `there is no detector, finding or word ${name}. There are: ${detectors.map((meta) => meta.id).join(', ')}.`,
    );
  const parts = [...words.map((word) => wordText(word, terminal)), ...meant.map((meta) => explanation(meta, terminal))];
  await terminal.print(parts.join('\n'));
  return 0;
}

function wordText({ word, column, meaning, detector }: Word, { style, page }: Terminal): string {
  const lines = wrapped(`${word} (${column}): ${meaning}.`, page.width);
  return `${lines.join('\n').replace(word, style.bold(word))}\nMore: tcpclose explain ${detector}\n`;
}

function explanation(meta: DetectorMeta, terminal: Terminal): string {
  const findings = Object.entries(meta.findings).map(([kind, text]) => `  ${kind}: ${text}\n`);
  const text = meta.explanation === undefined ? '' : `\n${meta.explanation.trim()}\n`;
  return `${terminal.style.bold(meta.id)}: ${meta.summary}\n${text}\nFindings\n${findings.join('')}\nRests on: ${meta.references.join('; ')}\n`;
}

async function allWords(): Promise<readonly Word[]> {
  const library: object = await import('../index.js');
  return 'WORDS' in library ? (library.WORDS as readonly Word[]) : [];
}

async function allDetectors(): Promise<readonly DetectorMeta[]> {
  const library: object = await import('../index.js');
  return 'DETECTORS' in library
    ? (library.DETECTORS as readonly { readonly meta: DetectorMeta }[]).map((detector) => detector.meta)
    : [];
}
