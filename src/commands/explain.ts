import type { Command } from 'commander';
import { UsageError } from '../errors.js';
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
    .description('what a detector looks for, its rule, and what else can look the same')
    .argument('[name]', 'a detector or a kind of finding; without it, all are listed')
    .action(run(explainCommand));
  withExamples(command, ['tcpclose explain', 'tcpclose explain time-wait-syn']);
}

async function explainCommand(terminal: Terminal, _options: CommonOptions, name: string | undefined): Promise<number> {
  const detectors = await allDetectors();
  if (name === undefined) {
    await terminal.printAll(detectors.map((meta) => `${terminal.style.bold(meta.id)}\n  ${meta.summary}\n`));
    return 0;
  }
  const meant = detectors.filter((meta) => meta.id === name || name in meta.findings);
  if (meant.length === 0)
    throw new UsageError(
      'no-such-detector',
      `there is no detector or finding ${name}. There are: ${detectors.map((meta) => meta.id).join(', ')}.`,
    );
  await terminal.print(meant.map((meta) => explanation(meta, terminal)).join('\n'));
  return 0;
}

function explanation(meta: DetectorMeta, terminal: Terminal): string {
  const findings = Object.entries(meta.findings).map(([kind, text]) => `  ${kind}: ${text}\n`);
  const text = meta.explanation === undefined ? '' : `\n${meta.explanation.trim()}\n`;
  return `${terminal.style.bold(meta.id)}: ${meta.summary}\n${text}\nFindings\n${findings.join('')}\nRests on: ${meta.references.join('; ')}\n`;
}

async function allDetectors(): Promise<readonly DetectorMeta[]> {
  const library: object = await import('../index.js');
  return 'DETECTORS' in library
    ? (library.DETECTORS as readonly { readonly meta: DetectorMeta }[]).map((detector) => detector.meta)
    : [];
}
