import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openRecording, type Recording } from '../../src/capture/recording.js';
import { CaptureError } from '../../src/errors.js';
import { pcapFile, pcapHeader } from './support/pcap-file.js';
import { drain, scratchPath } from './support/reading.js';

let folders = 0;

/** A new directory that holds these files. */
function folderOf(files: Record<string, Uint8Array | string>): string {
  const folder = scratchPath(`folder-${folders++}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** A capture whose records are this many seconds after a fixed one. */
function captureAt(...seconds: number[]): Buffer {
  return pcapFile(seconds.map((second) => ({ seconds: 1_700_000_000 + second })));
}

/** File names and record times in seconds, in reading order. */
async function timesOf(recording: Recording): Promise<[string, number[]][]> {
  const found: [string, number[]][] = [];
  for await (const { path, cursor } of recording.captures()) {
    const records = await drain(cursor);
    found.push([path.slice(path.lastIndexOf('/') + 1), records.map((record) => record.timeNs / 1e9)]);
  }
  return found;
}

async function failure(paths: string[]): Promise<CaptureError> {
  try {
    await (await openRecording(paths)).close();
  } catch (error) {
    if (error instanceof CaptureError) return error;
    throw error;
  }
  throw new Error('it could be opened');
}

describe('a recording of several files', () => {
  it('reads them in order of their first packet, with one epoch', async () => {
    const folder = folderOf({
      'a.pcap': captureAt(20, 21),
      'b.pcap': captureAt(0, 5),
      'c.pcap': gzipSync(captureAt(10)),
    });
    const recording = await openRecording([join(folder, 'a.pcap'), join(folder, 'b.pcap'), join(folder, 'c.pcap')]);
    expect(recording.epoch.epochNanoseconds()).toBe(1_700_000_000_000_000_000n);
    expect(await timesOf(recording)).toEqual([
      ['b.pcap', [0, 5]],
      ['c.pcap', [10]],
      ['a.pcap', [20, 21]],
    ]);
  });

  it('puts files without packets last, and orders equal times by name', async () => {
    const folder = folderOf({ '1-empty': pcapHeader(), '3': captureAt(1), '2': captureAt(1), '0-empty': pcapHeader() });
    expect((await timesOf(await openRecording([folder]))).map(([name]) => name)).toEqual([
      '2',
      '3',
      '0-empty',
      '1-empty',
    ]);
  });

  it('knows each file and the size of all before the first is read', async () => {
    const folder = folderOf({ a: captureAt(2), b: captureAt(1) });
    const recording = await openRecording([folder]);
    expect(recording.files.map(({ firstTime }) => firstTime?.seconds)).toEqual([1_700_000_001, 1_700_000_002]);
    expect(recording.totalBytes).toBe(2 * captureAt(1).length);
    await recording.close();
  });

  it('reads a file given twice, under whatever name, once, and says so', async () => {
    const folder = folderOf({ a: captureAt(1) });
    const [first, hard, soft] = ['a', 'hard', 'soft'].map((name) => join(folder, name)) as [string, string, string];
    linkSync(first, hard);
    symlinkSync('a', soft);
    const recording = await openRecording([first, first, hard, soft, folder]);
    expect(await timesOf(recording)).toEqual([['a', [0]]]);
    expect(recording.notes).toContain(`${first} was given twice; it is read once.`);
    expect(recording.notes).toContain(`${soft} is the same file as ${first}; it is read once.`);
  });
});

describe('a directory', () => {
  it('gives the captures lying directly in it; other files are counted and left out', async () => {
    const folder = folderOf({ capture: captureAt(1), 'notes.txt': 'hello', empty: '' });
    mkdirSync(join(folder, 'inside'));
    writeFileSync(join(folder, 'inside', 'deeper.pcap'), captureAt(2));
    const recording = await openRecording([folder]);
    expect(recording).toMatchObject({ leftOut: 2, errors: [] });
    expect(recording.leftOutPaths).toEqual([join(folder, 'empty'), join(folder, 'notes.txt')]);
    expect(await timesOf(recording)).toEqual([['capture', [0]]]);
  });

  it('with a capture too damaged to open is an error, not a file left out', async () => {
    const folder = folderOf({ good: captureAt(1), cut: captureAt(1).subarray(0, 20) });
    const recording = await openRecording([folder]);
    expect(recording.leftOut).toBe(0);
    expect(recording.errors.map(({ code }) => code)).toEqual(['cut-file-header']);
    await recording.close();
  });

  it('without a capture is an error', async () => {
    const folder = folderOf({ 'notes.txt': 'hello' });
    expect(await failure([folder])).toMatchObject({ code: 'no-captures' });
    const recording = await openRecording([folder, join(folderOf({ a: captureAt(1) }), 'a')]);
    expect(recording.errors.map(({ code }) => code)).toEqual(['no-captures']);
    await recording.close();
  });
});

describe('files that cannot be read', () => {
  it('are collected while the others are read', async () => {
    const folder = folderOf({ a: captureAt(1), 'notes.txt': 'hello' });
    const recording = await openRecording([join(folder, 'notes.txt'), join(folder, 'a'), join(folder, 'missing')]);
    expect(recording.errors.map(({ code }) => code)).toEqual(['not-a-capture', 'unreadable']);
    expect(await timesOf(recording)).toHaveLength(1);
  });

  it('are thrown when no other is left: the only one itself, several as a list', async () => {
    expect(await failure([scratchPath('missing')])).toMatchObject({ code: 'unreadable' });
    const error = await failure([scratchPath('missing'), scratchPath('gone')]);
    expect(error.code).toBe('nothing-readable');
    expect(error.message).toMatch(/missing: there is no such file.*\n.*gone: there is no such file/);
    expect(await failure([])).toMatchObject({ code: 'nothing-readable' });
  });

  it('are noted when they go away between the first look and their turn', async () => {
    const folder = folderOf({ a: captureAt(1), b: captureAt(2) });
    const recording = await openRecording([folder]);
    rmSync(join(folder, 'b'));
    expect(await timesOf(recording)).toHaveLength(1);
    expect(recording.errors.map(({ code }) => code)).toEqual(['unreadable']);
  });
});

it('a loop that is left early closes the capture it was at', async () => {
  const recording = await openRecording([folderOf({ a: captureAt(1, 2), b: captureAt(3) })]);
  for await (const { cursor } of recording.captures()) {
    expect(cursor.next()).toBe(true);
    break;
  }
  await recording.close();
});
