// The worker thread of the SQLite store, since node:sqlite is synchronous.

import { parentPort, workerData } from 'node:worker_threads';
import { FileWithSpare } from './file-with-spare.ts';
import type { Answer, Request, WorkerOptions } from './sqlite-message.ts';
import type { TopicCounts } from './store.ts';

if (parentPort === null) throw new Error('this file runs in a worker');
const port = parentPort;
const { path, ...options } = workerData as WorkerOptions;
const file = new FileWithSpare(path, options);
let counts: TopicCounts[] = [];
let complete: string[] = [];

tellState();
port.on('message', (request: Request) => {
  switch (request.kind) {
    case 'part':
      for (const row of request.counts) counts.push(row);
      for (const topic of request.complete) complete.push(topic);
      return;
    case 'batch':
      file.append({ minute: request.minute, end: request.end, counts, complete });
      counts = [];
      complete = [];
      return tellState();
    case 'read': {
      const stored = file.read(request.span);
      tell({ kind: 'stored', id: request.id, stored });
      return tellState();
    }
    case 'close':
      file.close();
      tellState();
      port.close();
  }
});

function tellState(): void {
  tell({ kind: 'state', state: file.state });
}

function tell(answer: Answer): void {
  port.postMessage(answer);
}
