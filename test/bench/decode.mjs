// decodeSet compared with the decoders of other libraries, and with the lower bound: JSON.parse of the texts.
import { createDecoder } from 'fast-jwt';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { jwtDecode } from 'jwt-decode';
import { decodeSet } from '../../dist/index.js';
import { measure } from './rounds.mjs';
import { makeTokens, POOLS } from './tokens.mjs';

const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`;
const fastJwt = createDecoder({ complete: true });

for (const [pool, variation] of Object.entries(POOLS)) {
  const tokens = makeTokens(2000, variation);
  const texts = tokens.map((token) =>
    token
      .split('.')
      .slice(0, 2)
      .map((part) => Buffer.from(part, 'base64url').toString()),
  );
  const contenders = {
    'JSON.parse of the texts': (i) => [JSON.parse(texts[i][0]), JSON.parse(texts[i][1])],
    secevent: (i) => decodeSet(tokens[i]),
    jose: (i) => [decodeProtectedHeader(tokens[i]), decodeJwt(tokens[i])],
    'fast-jwt (complete)': (i) => fastJwt(tokens[i]),
    'jsonwebtoken (complete)': (i) => jsonwebtoken.decode(tokens[i], { complete: true }),
    'jwt-decode (both parts)': (i) => [jwtDecode(tokens[i], { header: true }), jwtDecode(tokens[i])],
  };
  const times = measure(contenders, { pool: tokens.length, rounds: Number(process.env.ROUNDS ?? 31) });
  console.log(`decode, ${pool}: ${tokens.length} distinct tokens of about ${tokens[0].length} characters, ${runtime}`);
  for (const [name, time] of Object.entries(times)) {
    if (name === 'secevent') continue;
    const ratio = (name.startsWith('JSON.parse') ? times.secevent / time : time / times.secevent).toFixed(2);
    console.log(
      `  ${name.padEnd(24)} secevent ${name.startsWith('JSON.parse') ? `takes ${ratio} times as long` : `is ${ratio} times as fast`}`,
    );
  }
}
