// Prints frame number and captured length of each record on standard input, then how it ended.
import { openCapture } from '../../../dist/capture/open.js';

const { cursor } = await openCapture('-');
do {
  while (cursor.next()) console.log(`${cursor.frame} ${cursor.end - cursor.at}`);
} while (await cursor.refill());
console.log(`end ${cursor.damage?.code ?? null}`);
await cursor.close();
