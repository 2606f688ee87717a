/** Files in the encodings that tools write. */
import { expect, test } from 'vitest';
import { textOfFile } from '../../src/inspector/file.js';
import { octetsOf } from '../support/octets.js';

test.each([
  ['UTF-8', 'eyJ\xc3\xa9', 'eyJé'],
  ['UTF-8 with a byte order mark', '\xef\xbb\xbfeyJ', 'eyJ'],
  ['UTF-16', '\xff\xfee\0y\0J\0', 'eyJ'],
  ['an empty file', '', ''],
])('text is read from %s', async (_, octets, text) => {
  expect(await textOfFile(new Blob([octetsOf(octets)]))).toBe(text);
});
