/** What `--help` says beyond what commander makes of arguments and options. */
import type { Command } from 'commander';

/** Command lines that work in a clone as they stand, one after the other; a test runs them. */
export function withExamples(command: Command, lines: readonly string[]): void {
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

/** What most people need, and in that order. */
const FIRST: readonly (readonly [line: string, about: string])[] = [
  ['tcpclose analyze web.pcap', 'read a capture, say what went wrong'],
  ['tcpclose show web.db 7', 'explain one connection, step by step'],
  ['tcpclose query web.db --named resets', 'ask about it (--list: what can be asked)'],
];

/** The help of the program itself: one screen. */
export function programHelp(program: Command): string {
  const width = Math.max(...FIRST.map(([line]) => line.length));
  const first = FIRST.map(([line, about]) => `  ${line.padEnd(width)}  ${about}`);
  const label = Math.max(...program.commands.map((command) => command.name().length));
  const commands = program.commands.map((command) => `  ${command.name().padEnd(label)}  ${command.description()}`);
  return [
    'Usage: tcpclose COMMAND [OPTIONS]',
    '',
    program.description(),
    '',
    'What most people need:',
    ...first,
    '',
    'Commands (tcpclose COMMAND --help tells more):',
    ...commands,
    '',
    'Everywhere: -q, --quiet; --color WHEN; --no-color; -h, --help; -V, --version',
    '',
  ].join('\n');
}
