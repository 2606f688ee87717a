// The script that a user would write with jose: reads lines, decodes and stringifies each, and writes lines.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { decodeJwt, decodeProtectedHeader } from 'jose';

const lines = createInterface({ input: createReadStream(process.argv[2]) });
let output = '';
for await (const token of lines) {
  const record = {
    header: decodeProtectedHeader(token),
    payload: decodeJwt(token),
    signature: token.slice(token.lastIndexOf('.') + 1),
  };
  output += `${JSON.stringify(record)}\n`;
  if (output.length > 65_536) {
    if (!process.stdout.write(output)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    output = '';
  }
}
process.stdout.write(output);
