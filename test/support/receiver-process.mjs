// A receiver in a process of its own, from the built package. The test forks it, configures it with the first message,
// and kills it. Later messages ask for the list of handled SETs, or release the held ones. The handler of a held SET
// reports that it has begun, and waits for that release.
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { createVerifier } from '../../dist/index.js';
import {
  createMemoryReplayStore,
  createPushReceiver,
  createRedisReplayStore,
  toNodeListener,
} from '../../dist/receiver.js';

const handled = [];

process.once(
  'message',
  ({ jwks, issuer, audience, algorithm, redisUrl, prefix, leaseSeconds = 30, slowMs, held = [] }) => {
    const verify = createVerifier(jwks, { issuer, audience, algorithms: [algorithm] });
    const replay = redisUrl
      ? createRedisReplayStore(new Redis(redisUrl), { prefix, leaseSeconds })
      : createMemoryReplayStore();
    let release;
    const released = new Promise((resolve) => (release = resolve));
    const onSet = async ({ payload }) => {
      if (held.includes(payload.jti)) {
        process.send({ begun: payload.jti });
        await released;
      }
      if (slowMs) await new Promise((resolve) => setTimeout(resolve, slowMs));
      handled.push(payload.jti);
    };
    const receive = createPushReceiver({
      verify,
      onSet,
      replay,
      onError: (error) => error.status === 503 || console.error(error),
    });
    const server = createServer(toNodeListener(receive)).listen(0, '127.0.0.1', () =>
      process.send({ port: server.address().port }),
    );
    process.on('message', ({ isReleased }) => (isReleased ? release() : process.send({ handled })));
  },
);
