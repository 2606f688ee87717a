// The receiver on a Node server compared with a server that only calls crypto.subtle.verify: the rate over 32
// connections, in slices that take turns. Then the memory of the receiver over many deliveries of distinct SETs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createVerifier, decodeSet } from '../../dist/index.js';
import { createPushReceiver, toNodeListener } from '../../dist/receiver.js';
import { createTestTransmitter } from '../../dist/testing.js';
import { median } from './rounds.mjs';

const DELIVERIES = Number(process.env.DELIVERIES ?? 20_000);
const DISTINCT = Number(process.env.DISTINCT ?? 1_000_000);
const CONNECTIONS = 32;
const SLICES = 10;

if (process.argv[2] === 'server') {
  process.once('message', (message) => serve(process.argv[3], message));
} else {
  await compareRates();
  await watchMemory();
}

async function serve(kind, { jwks, issuer, audience }) {
  const listener =
    kind === 'bare'
      ? await makeBare(jwks.keys[0])
      : toNodeListener(createPushReceiver({ verify: createVerifier(jwks, { issuer, audience }), onSet() {} }));
  const server = createServer(listener).listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

/** Creates a listener that does the minimum: it reads the body, checks the signature and responds. */
async function makeBare(jwk) {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
  return (incoming, response) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', async () => {
      const token = Buffer.concat(chunks).toString('latin1');
      const dot = token.lastIndexOf('.');
      const isValid = await crypto.subtle.verify(
        algorithm,
        key,
        Buffer.from(token.slice(dot + 1), 'base64url'),
        Buffer.from(token.slice(0, dot)),
      );
      response.writeHead(isValid ? 202 : 400, { 'content-length': '0' }).end();
    });
  };
}

async function start(kind, message) {
  const child = fork(fileURLToPath(import.meta.url), ['server', kind]);
  child.send(message);
  const [{ port }] = await once(child, 'message');
  return { kind, child, port, rates: [] };
}

function deliver(agent, port, token) {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      'content-length': token.length,
    };
    const outgoing = request({ agent, port, host: '127.0.0.1', method: 'POST', headers });
    outgoing.on('response', (response) =>
      response
        .resume()
        .on('end', () =>
          response.statusCode === 202 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
        ),
    );
    outgoing.on('error', reject);
    outgoing.end(token);
  });
}

async function compareRates() {
  const { sign, jwks, issuer, audience } = await createTestTransmitter();
  const tokens = await Promise.all(Array.from({ length: DELIVERIES }, () => sign()));
  const servers = await Promise.all(['bare', 'receiver'].map((kind) => start(kind, { jwks, issuer, audience })));
  const size = Math.floor(DELIVERIES / SLICES);
  for (let slice = 0; slice < SLICES; slice++) {
    for (const { port, rates } of slice % 2 ? servers : [...servers].reverse()) {
      const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
      let next = slice * size;
      const end = next + size;
      const began = performance.now();
      await Promise.all(
        Array.from({ length: CONNECTIONS }, async () => {
          while (next < end) await deliver(agent, port, tokens[next++]);
        }),
      );
      // The first slice warms up.
      if (slice > 0) rates.push(size / (performance.now() - began));
      agent.destroy();
    }
  }
  for (const { child } of servers) child.kill();
  const [bare, receiver] = servers.map(({ rates }) => median(rates));
  console.log(`receive: ${DELIVERIES} distinct SETs over ${CONNECTIONS} connections, Node ${process.versions.node}`);
  console.log(
    `  the receiver reaches ${Math.round((100 * receiver) / bare)}% of the rate of a server that only verifies`,
  );
}

/** Measures what the receiver keeps in memory. The signatures are not checked. */
async function watchMemory() {
  const receive = createPushReceiver({ verify: async (token) => decodeSet(token), onSet() {} });
  const header = Buffer.from('{"alg":"RS256","typ":"secevent+jwt"}').toString('base64url');
  const heapAt = [];
  for (let i = 0; i < DISTINCT; i++) {
    const payload = Buffer.from(
      `{"iss":"https://transmitter.example/","iat":1,"jti":"b70046bd-44c7-4575-b1a2-${i}","events":{"e":{}}}`,
    ).toString('base64url');
    const body = `${header}.${payload}.AAAA`;
    const response = await receive(
      new Request('https://receiver.example/', {
        method: 'POST',
        headers: { 'content-type': 'application/secevent+jwt' },
        body,
      }),
    );
    if (response.status !== 202) throw new Error(`status ${response.status}`);
    if ((i + 1) % (DISTINCT / 10) === 0) {
      globalThis.gc?.();
      heapAt.push(Math.round(process.memoryUsage().heapUsed / 1_048_576));
    }
  }
  // Once the store is full, the heap must not grow, except by what the collector has not freed yet.
  const [half, last] = [heapAt[4], heapAt[9]];
  if (DISTINCT >= 500_000 && last > half * 1.2 + 5) process.exitCode = 1;
  console.log(`  heap in MB after each tenth of ${DISTINCT} distinct deliveries: ${heapAt.join(', ')}`);
}
