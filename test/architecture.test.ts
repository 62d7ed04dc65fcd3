import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** What only the command line does: to print, to read the arguments, to end the process. */
const COMMAND_LINE_ONLY = /\b(console\.\w+|process\.(?:stdout|stderr|argv|exitCode|exit)\b)/g;
const COMMAND_LINE = ['cli.ts', 'commands'];
/** What any part may import. */
const FOR_ANYONE = ['errors.ts', 'worker-thread.ts'];

/** The table `| folder | may import |` of src/README.md. */
function readRules(): Map<string, Set<string>> {
  const lines = readFileSync(join(SRC, 'README.md'), 'utf8').split('\n');
  const start = lines.findIndex((line) => /^\|\s*folder\s*\|\s*may import\s*\|/.test(line));
  const rules = new Map<string, Set<string>>();
  for (const line of lines.slice(start + 2)) {
    const [, folder, imports] = /^\|([^|]*)\|([^|]*)\|/.exec(line) ?? [];
    if (start < 0 || folder === undefined || imports === undefined) break;
    rules.set(quoted(folder)[0] ?? '', new Set(quoted(imports)));
  }
  return rules;
}

function quoted(cell: string): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), (match) => match[1]!.replace(/\/$/, ''));
}

const rules = readRules();
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, code: withoutComments(readFileSync(join(SRC, path), 'utf8')) }));

/** The row of the table that a file stands for: its folder, or its name at the top. */
function part(path: string): string {
  return path.split('/')[0]!;
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

/** The parts of src/ that a file imports, in whatever way: static, type-only, re-export, dynamic, or a worker's URL. */
function importedParts({ path, code }: { path: string; code: string }): string[] {
  const specifiers = Array.from(
    code.matchAll(/(?:\bfrom|\bimport|\bimport\(|new URL\()\s*'(\.[^']*)'/g),
    (match) => match[1]!,
  );
  const targets = specifiers.map((specifier) => relative(SRC, join(SRC, dirname(path), specifier)));
  return targets
    .filter((target) => !target.startsWith('..')) // package.json is no module of ours
    .map((target) => part(target.replace(/\.js$/, '.ts')));
}

describe('the architecture that src/README.md states', () => {
  it('has a row for each part of src/', () => {
    const parts = new Set(files.map(({ path }) => part(path)).filter((name) => !FOR_ANYONE.includes(name)));
    expect([...parts].filter((name) => !rules.has(name))).toEqual([]);
    expect(rules.size).toBeGreaterThan(0);
  });

  it.each(files)('holds in $path: it imports only what its part may', (file) => {
    const allowed = new Set([...(rules.get(part(file.path)) ?? []), part(file.path), ...FOR_ANYONE]);
    expect(importedParts(file).filter((name) => !allowed.has(name))).toEqual([]);
  });

  it('lets nothing but the command line print, read arguments or end the process', () => {
    const others = files.filter(({ path }) => !COMMAND_LINE.includes(part(path)));
    const found = others.flatMap(({ path, code }) =>
      Array.from(code.matchAll(COMMAND_LINE_ONLY), ([use]) => `${path}: ${use}`),
    );
    expect(found).toEqual([]);
  });
});
