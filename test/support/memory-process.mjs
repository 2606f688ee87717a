// A receiver in a process of its own, from the built package, to measure its memory. The test forks it with
// --expose-gc. It sends its ports for HTTP/1 and HTTP/2, and answers each message with what it holds after garbage
// collection.
import { createServer } from 'node:http';
import { createServer as createServer2 } from 'node:http2';
import { createVerifier } from '../../dist/index.js';
import { createPushReceiver, toNodeListener } from '../../dist/receiver.js';
import { createTestTransmitter } from '../../dist/testing.js';

const transmitter = await createTestTransmitter();
const listener = toNodeListener(
  createPushReceiver({
    verify: createVerifier(transmitter.jwks, transmitter),
    onSet() {},
    onError() {},
    bodyTimeoutMs: 600_000,
  }),
);

const sockets = new Set();
const server = createServer(listener);
server.on('connection', (socket) => sockets.add(socket));

let streams = 0;
const server2 = createServer2(listener);
server2.on('stream', (stream) => {
  streams++;
  stream.on('close', () => streams--);
});
server2.on('sessionError', () => {});

const portOf = (each) => new Promise((resolve) => each.listen(0, '127.0.0.1', () => resolve(each.address().port)));
process.send({ port: await portOf(server), port2: await portOf(server2) });
process.on('message', () => {
  globalThis.gc();
  // The buffers that one collection frees are not subtracted before the next.
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  process.send({
    usedBytes: heapUsed + external,
    bytesRead: [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    streams,
  });
});
