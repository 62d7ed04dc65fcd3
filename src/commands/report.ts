import fs from 'node:fs';
import { Option, type Command } from 'commander';
import { StoreError, UsageError } from '../errors.js';
import { OutputFile } from '../store/output-file.js';
import type { CommonOptions, Terminal } from './terminal.js';
import { withExamples } from './help.js';
import { cleaningUp } from './on-signal.js';
import type { Runner } from './runner.js';

interface Options extends CommonOptions {
  readonly format: 'text' | 'json';
  readonly html?: string;
  readonly force?: boolean;
}

export function defineReport(command: Command, run: Runner): void {
  command
    .description('print the summary of a database, or make a page with pictures of it')
    .argument('<database>', 'a database that tcpclose analyze made')
    .addOption(new Option('--format <name>', 'what to print').choices(['text', 'json']).default('text'))
    .option('--html <file>', 'write one self-contained page there ("-": to standard output)')
    .option('--force', 'replace a page that is there')
    .action(run(reportCommand));
  withExamples(command, [
    'tcpclose analyze samples/refused.pcap --quiet',
    'tcpclose report refused.db',
    'tcpclose report refused.db --html refused.html',
  ]);
}

async function reportCommand(terminal: Terminal, options: Options, database: string): Promise<number> {
  const [{ withDatabase }, { summarize }] = await Promise.all([
    import('../store/with-database.js'),
    import('../report/summary.js'),
  ]);
  await withDatabase(database, async (db) => {
    if (options.html !== undefined) {
      const page = (await import('../report/html/page.js')).reportPage(db, database);
      if (options.html === '-') await terminal.print(page);
      else await writePage(options.html, page, options.force === true);
      return;
    }
    const summary = summarize(db, database);
    if (options.format === 'json') await terminal.print((await import('../report/json.js')).summaryJson(summary));
    else await terminal.print((await import('../report/text.js')).summaryText(summary, terminal.page));
  });
  return 0;
}

/** The page appears under its name whole or not at all. */
async function writePage(target: string, page: string, force: boolean): Promise<void> {
  if (fs.existsSync(target) && !force)
    throw new StoreError(
      'output-exists',
      `${target}: exists already. Use --force to replace it, or choose another name.`,
    );
  if (fs.existsSync(target) && fs.statSync(target).isFile() && !isPage(target))
    throw new UsageError('not-a-page', `${target}: is no page, and is not replaced by one. Choose another name.`);
  const output = new OutputFile(target, 'replace', '--html');
  const temporary = output.temporary();
  try {
    await cleaningUp(
      () => output.discard(),
      () => fs.promises.writeFile(temporary, page),
    );
    output.publish(temporary);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      'cannot-write',
      `${target}: cannot be written (${(error as Error).message}). Choose another place, or free some space there.`,
      { cause: error },
    );
  } finally {
    output.discard();
  }
}

/** Databases and captures are not replaced, even if somebody mistypes. */
function isPage(file: string): boolean {
  const start = Buffer.alloc(256);
  const fd = fs.openSync(file, 'r');
  try {
    return /^\s*<(!doctype|html)/i.test(start.toString('latin1', 0, fs.readSync(fd, start)));
  } finally {
    fs.closeSync(fd);
  }
}
