import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './store/support/write.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const EXAMPLE = /^```ts\n([\s\S]*?)^```$/m.exec(README)?.[1] ?? '';
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** A project of somebody else, in which the packed package is installed; its dependencies are those of this repository. */
const project = temporaryFolder();
const node = (...args: string[]): string => execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8' });

beforeAll(() => {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [{ filename: string }];
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'tcpclose'), { recursive: true });
  execFileSync('tar', ['-xzf', filename, '-C', 'node_modules/tcpclose', '--strip-components=1'], { cwd: project });
  for (const name of [...Object.keys(dependencies), '@types'])
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  symlinkSync(join(ROOT, 'samples'), join(project, 'samples'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
});

describe('the packed package', () => {
  it('runs as a program', () => {
    expect(node('node_modules/tcpclose/dist/bin/cli.js', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('analyses with what V8 made of the code when it was built, and the same without it', () => {
    const bin = join(project, 'node_modules/tcpclose/dist/bin');
    const hook = join(project, 'rejected.cjs');
    const loaded = `require(${JSON.stringify(join(bin, 'code-cache.js'))}).scripts`;
    const list = `[...${loaded}.values()].map((script) => String(script.cachedDataRejected)).join()`;
    const say = `require('node:fs').writeSync(1, 'rejected: ' + ${list})`;
    writeFileSync(hook, `if (require('node:worker_threads').isMainThread) process.on('exit', () => ${say});`);
    const analyze = (): string =>
      node('--require', hook, join(bin, 'cli.js'), 'analyze', 'samples/refused.pcap', '--force', '-o', 'refused.db');
    const caches = readdirSync(bin).filter((name) => name.endsWith('.cache'));
    const text = analyze();
    expect(text).toMatch(/Captured.*refused[^]*rejected: false,false$/);
    for (const name of caches) writeFileSync(join(bin, name), 'of some other version');
    expect(analyze()).toBe(text.replaceAll('false', 'true'));
    for (const name of caches) rmSync(join(bin, name));
    expect(analyze()).toBe(text.replaceAll('false', 'undefined'));
    expect(caches).toHaveLength(4);
  });

  it('runs the example of the README as a library', () => {
    writeFileSync(join(project, 'example.js'), EXAMPLE);
    expect(node('example.js')).toBe(
      [/** what the README promises in its comments */ ...EXAMPLE.matchAll(/^\/\/ (.*)$/gm)]
        .map((m) => `${m[1]}\n`)
        .join(''),
    );
  });

  it('has types under which the example compiles', () => {
    writeFileSync(join(project, 'example.ts'), EXAMPLE);
    const options = [
      '--noEmit',
      '--strict',
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--types',
      'node',
      '--skipLibCheck',
    ];
    expect(node(join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, '--ignoreConfig', 'example.ts')).toBe('');
  });
});
