// The worker thread of the SQLite store. It counts the running minute, which would take the main thread's time, and keeps
// the batches, since node:sqlite is synchronous.

import { parentPort, workerData } from 'node:worker_threads';
import { encodePart, splitBatch } from './batch-message.ts';
import { sizeOfMessage } from './count-message.ts';
import { MinuteCounter } from './counter.ts';
import { FileWithSpare } from './file-with-spare.ts';
import type { Answer, Request, WorkerOptions } from './sqlite-message.ts';
import type { TopicCounts } from './store.ts';

if (parentPort === null) throw new Error('this file runs in a worker');
const port = parentPort;
const { path, ...options } = workerData as WorkerOptions;
const file = new FileWithSpare(path, options);
const counter = new MinuteCounter();
let counts: TopicCounts[] = [];
let complete: string[] = [];

tellState();
port.on('message', (requests: readonly Request[]) => {
  let size = 0;
  for (const request of requests) {
    take(request);
    if (request.kind === 'count') size += sizeOfMessage(request.message);
  }
  if (size > 0) tell({ kind: 'counted', size });
});

function take(request: Request): void {
  switch (request.kind) {
    case 'follow':
      counter.follow(request.slot, request.topic);
      break;
    case 'leave':
      counter.leave(request.slot);
      break;
    case 'count':
      counter.count(request.message);
      break;
    case 'forget':
      counter.forget();
      break;
    case 'end': {
      const { id, ended, share } = request;
      const batch = counter.end(ended);
      const parts = share === undefined ? [] : [...splitBatch(batch, share.previous)];
      tell({ kind: 'answer', id, value: parts.map(encodePart) });
      file.append(batch);
      tellState();
      break;
    }
    case 'part':
      for (const row of request.counts) counts.push(row);
      for (const topic of request.complete) complete.push(topic);
      break;
    case 'batch':
      file.append({ minute: request.minute, end: request.end, counts, complete });
      counts = [];
      complete = [];
      tellState();
      break;
    case 'read': {
      const { id, span } = request;
      tell({
        kind: 'answer',
        id,
        value: { ...file.read(span), running: counter.running(span.topic) },
      });
      tellState();
      break;
    }
    case 'close':
      file.close();
      tellState();
      port.close();
  }
}

function tellState(): void {
  tell({ kind: 'state', state: file.state });
}

function tell(answer: Answer): void {
  port.postMessage(answer);
}
