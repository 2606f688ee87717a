/** text/record.ts: a decoded SET as one line of JSON. */
import { expect, test } from 'vitest';
import { toRecord } from '../../src/text/record.js';
import { CLAIMS, tokenWith } from '../support/tokens.js';

test('is the JSON of the token itself, with its signature', () => {
  const record = JSON.parse(toRecord(tokenWith({ name: 'Zoë' }))) as { payload: object; signature: string };
  expect(record.payload).toEqual({ ...CLAIMS, name: 'Zoë' });
  expect(record.signature).toBe(tokenWith({}).split('.')[2]);
});

test.each(['\x7f', '\x9b', '\u202e', 'Zoë \x7f'])('escapes %j, which acts on a terminal', (name) => {
  const record = toRecord(tokenWith({ name }));
  expect(record).not.toMatch(/[\x7f-\x9f\u202e]/);
  expect((JSON.parse(record) as { payload: object }).payload).toMatchObject({ name });
});
