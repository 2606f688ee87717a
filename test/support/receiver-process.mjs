// A receiver as a process of its own, from the built package: run by fork, told what to do by its first message, and stopped by killing it.
// It remembers what it handled, and tells when it is asked.
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { createVerifier } from '../../dist/index.js';
import { createPushReceiver, memoryReplayStore, redisReplayStore, toNodeListener } from '../../dist/receiver.js';

const handled = [];

process.once('message', ({ jwks, issuer, audience, algorithm, redisUrl, prefix, leaseSeconds = 30, slowMs }) => {
  const verify = createVerifier(jwks, { issuer, audience, algorithms: [algorithm] });
  const replay = redisUrl ? redisReplayStore(new Redis(redisUrl), { prefix, leaseSeconds }) : memoryReplayStore();
  const onSet = async ({ payload }) => {
    if (slowMs) await new Promise((resolve) => setTimeout(resolve, slowMs));
    handled.push(payload.jti);
  };
  const receive = createPushReceiver({ verify, onSet, replay, onError: (error) => console.error(error) });
  const server = createServer(toNodeListener(receive)).listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('message', () => process.send({ handled }));
});
