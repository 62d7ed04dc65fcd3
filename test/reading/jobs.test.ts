import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analyze.js';
import { CaptureError, UsageError, type TcpcloseError } from '../../src/errors.js';
import { scratchFile, scratchPath } from '../capture/support/reading.js';
import { captureFile, established, interleave } from '../support/conversation.js';
import { analyzeFiles, type Run, type RunOptions } from '../support/run.js';

const SAMPLES = fileURLToPath(new URL('../../samples/', import.meta.url));
const samples = readdirSync(SAMPLES)
  .filter((name) => name !== 'README.md')
  .map((name) => SAMPLES + name);

/** What the package can read. */
function isMicrosecondPcap(path: string): boolean {
  const magic = readFileSync(path).readUInt32LE(0);
  return magic === 0xa1b2c3d4 || magic === 0xd4c3b2a1;
}

/** Many connections, some thousand segments; half of them over IPv6, with timestamps, some reset. */
const many = captureFile(
  interleave(
    ...Array.from({ length: 400 }, (_, i) => {
      const client = i % 2 === 0 ? `192.0.2.${i % 250}:${40_000 + i}` : `[2001:db8::${i.toString(16)}]:40000`;
      const server = i % 2 === 0 ? '198.51.100.7:443' : '[2001:db8:1::7]:443';
      const talk = established({ client, server, at: i / 100, timestamps: i % 3 === 0 }).sends('client', 100);
      return `${i % 7 === 0 ? talk.sends('server', 3000).resetBy('server') : talk.closedBy(i % 5 === 0 ? 'server' : 'client')}`;
    }),
  ),
);

/** Every row of every table that tells of the captures, and what the run itself said. */
function contentsOf({ analysis, ...result }: Run): unknown {
  const tables = analysis.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
  const ofTheRun = ['meta', 'recordings'];
  const rows = tables
    .map(({ name }) => String(name))
    .filter((name) => !ofTheRun.includes(name))
    .map((name) => [name, analysis.query(`SELECT * FROM "${name}"`)]);
  return { rows, result: { ...result, output: null } };
}

async function contents(inputs: readonly string[], options: RunOptions): Promise<unknown> {
  return contentsOf(await analyzeFiles(inputs, options));
}

describe('the database is the same, row for row,', () => {
  it('with one thread and with two, for all samples as one recording', async () => {
    const one = await contents(samples, { jobs: 1, sha256: true });
    expect(JSON.stringify(one, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v)).length).toBeGreaterThan(50_000);
    expect(await contents(samples, { jobs: 2, sha256: true })).toEqual(one);
    expect(await contents(samples, { sha256: true })).toEqual(one);
  });

  it('and through the package pcap-parser', async () => {
    const inputs = [...samples.filter(isMicrosecondPcap), scratchFile(many)];
    const one = await contents(inputs, { jobs: 1 });
    expect(await contents(inputs, { jobs: 1, reader: 'pcap-parser' })).toEqual(one);
    expect(await contents(inputs, { jobs: 2, reader: 'pcap-parser' })).toEqual(one);
  });

  it('for what a filter accepts', async () => {
    const inputs = [scratchFile(many), ...samples];
    const filter = 'ip6 or (tcp[13] & 4 != 0)';
    const one = await contents(inputs, { jobs: 1, filter });
    expect(one).not.toEqual(await contents(inputs, { jobs: 1 }));
    expect(await contents(inputs, { jobs: 2, filter })).toEqual(one);
  });

  it('for a long capture that came in pieces, compressed and cut', async () => {
    const folder = scratchPath('pieces');
    mkdirSync(folder);
    writeFileSync(join(folder, '1.pcap.gz'), gzipSync(many));
    writeFileSync(join(folder, '2.pcap'), many.subarray(0, many.length - 9));
    copyFileSync(fileURLToPath(import.meta.url), join(folder, 'notes.ts'));
    const inputs = [folder, join(folder, 'missing.pcap')];
    const one = await contents(inputs, { jobs: 1 });
    expect(one).toMatchObject({ result: { leftOut: 1, damages: { length: 2 } } });
    expect(await contents(inputs, { jobs: 2 })).toEqual(one);
  });
});

describe.each([1, 2])('a run with %d jobs that fails leaves nothing behind', (jobs) => {
  const folder = scratchPath(`failing-${jobs}`);
  mkdirSync(folder);
  const [sample = ''] = samples;
  const failure = async (options: Parameters<typeof analyze>[0]): Promise<unknown> =>
    analyze({ ...options, jobs }).catch((error: unknown) => error);

  it('where no capture can be read', async () => {
    const error = await failure({ inputs: [join(folder, 'nothing')], output: join(folder, 'x.db') });
    expect(error).toBeInstanceOf(CaptureError);
    expect(error).toMatchObject({ code: 'unreadable' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('where the output is one of the captures', async () => {
    const capture = join(folder, 'x.pcap');
    copyFileSync(sample, capture);
    const error = await failure({ inputs: [capture], output: capture, mode: 'replace' });
    expect(error).toBeInstanceOf(UsageError);
    expect((error as TcpcloseError).code).toBe('output-is-input');
    expect(readdirSync(folder)).toEqual(['x.pcap']);
  });

  it('where following fails while more is being read', async () => {
    const broken = scratchFile(many);
    const error = await failure({
      inputs: [broken],
      output: join(folder, 'x.db'),
      engine: () => ({
        consume: () => {
          throw new Error('no');
        },
        endConnections: () => undefined,
        finish: () => undefined,
        filling: [],
        returned: [],
        evictions: { unended: 0, ended: 0 },
        acksLeftOut: false,
        vantage: () => null,
      }),
    });
    expect(error).toMatchObject({ message: 'no' });
    expect(readdirSync(folder)).toEqual(['x.pcap']);
  });
});
