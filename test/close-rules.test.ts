import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const TESTS = fileURLToPath(new URL('.', import.meta.url));
const RULES = fileURLToPath(new URL('../../shared/reference/close-rules.md', import.meta.url));

/** What tests are called: first arguments of calls, and first elements of the rows of `it.each`. */
function titles(): string[] {
  const found: string[] = [];
  const add = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) found.push(node.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) add(node.arguments[0]);
    if (ts.isArrayLiteralExpression(node)) add(node.elements[0]);
    ts.forEachChild(node, visit);
  };
  for (const folder of ['detect', 'flow']) {
    for (const name of readdirSync(join(TESTS, folder)).filter((file) => file.endsWith('.test.ts'))) {
      visit(ts.createSourceFile(name, readFileSync(join(TESTS, folder, name), 'utf8'), ts.ScriptTarget.Latest));
    }
  }
  return found;
}

/** The text from one heading to the next of the same depth. */
function section(heading: RegExp): string {
  const text = readFileSync(RULES, 'utf8');
  const from = text.search(heading);
  expect(from, String(heading)).toBeGreaterThan(0);
  const depth = /^#+/.exec(text.slice(from))![0];
  const length = text.slice(from + depth.length).search(new RegExp(`^${depth} `, 'm'));
  return length < 0 ? text.slice(from) : text.slice(from, from + depth.length + length);
}

const ids = (text: string, id: RegExp): string[] => Array.from(text.matchAll(id), (match) => match[1]!);

// That a test of that name is there is all that is asked here; what it asks is for its reader to see.
describe.skipIf(!existsSync(RULES))('of close-rules (skipped where ../shared is not there)', () => {
  const named = titles();
  const unnamed = (wanted: readonly string[]): string[] =>
    wanted.filter((id) => !named.some((title) => new RegExp(`\\b${id}\\b`).test(title)));

  it('every test vector of appendix A has a test that names it', () => {
    const vectors = ids(section(/^## Appendix A/m), /^\| (A\d+[a-z]?) \|/gm);
    expect(vectors.length).toBeGreaterThan(40);
    expect(unnamed(vectors)).toEqual([]);
  });

  it('each of the mistakes of appendix C has a test that names it', () => {
    const mistakes = ids(section(/^## Appendix C/m), /^(\d+)\. /gm);
    expect(mistakes.length).toBeGreaterThan(9);
    expect(unnamed(mistakes.map((number) => `C${number}`))).toEqual([]);
  });

  it('every row of table 4.5 is a row of the test of that table', () => {
    const rows = ids(section(/^### 4\.5/m), /^\| (\d+) \|/gm);
    const table = readFileSync(join(TESTS, 'detect/stack-table.test.ts'), 'utf8');
    const tested = new Set([...ids(table, /\{ row: (\d+),/g), ...ids(table, /'table 4\.5, row (\d+):/g)]);
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter((row) => !tested.has(row))).toEqual([]);
  });

  it('each trap of section 5.6 has a test that begins with its words', () => {
    const traps = ids(section(/^### 5\.6/m), /^\| ([^|]+?) \|/gm).slice(1); // the first row is the table's head
    const words = traps.map((trap) => trap.replace(/\s*\(.*\)/, ''));
    expect(words.length).toBeGreaterThan(12);
    expect(words.filter((word) => !named.some((title) => title.startsWith(`${word}:`)))).toEqual([]);
  });
});
