/** text/paste.ts: what copying does to a token is undone and named. */
import { expect, test } from 'vitest';
import { repairPaste } from '../../src/text/paste.js';
import { growthOf, LINEAR } from '../support/timing.js';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ_In0.c2ln-_8';

test('a token that is whole is left alone', () => {
  expect(repairPaste(TOKEN)).toEqual({ token: TOKEN, removed: [] });
});

test.each(['\n', '\r\n'])('the line break %j at the end of every file is not worth a word', (end) => {
  expect(repairPaste(TOKEN + end)).toEqual({ token: TOKEN, removed: [] });
});

test.each([
  ['spaces around it', `  ${TOKEN}\t`, ['white space around it']],
  ['empty lines around it', `\n\n${TOKEN}\n\n`, ['white space around it']],
  ['a byte order mark', `\ufeff${TOKEN}`, ['white space around it']],
  ['double quotes', `"${TOKEN}"`, ['quotes']],
  ['single quotes and a comma', `'${TOKEN}',`, ['quotes']],
  ['curly quotes', `“${TOKEN}”`, ['quotes']],
  ['back ticks', `\`${TOKEN}\``, ['quotes']],
  ['a Bearer prefix', `Bearer ${TOKEN}`, ['a "Bearer" prefix']],
  ['a bearer prefix in lower case', `bearer   ${TOKEN}`, ['a "Bearer" prefix']],
  ['a whole header line', `Authorization: Bearer ${TOKEN}`, ['a "Bearer" prefix']],
  ['a Bearer prefix in quotes', `"Bearer ${TOKEN}"`, ['quotes', 'a "Bearer" prefix']],
  ['a quoted token behind Bearer', `Bearer "${TOKEN}"`, ['quotes', 'a "Bearer" prefix']],
  ['line wraps', TOKEN.replace(/.{10}/g, '$&\n'), ['line breaks and spaces inside']],
  ['line wraps with indents', TOKEN.replace(/.{10}/g, '$&\r\n    '), ['line breaks and spaces inside']],
  ['zero-width spaces', TOKEN.replaceAll('.', '\u200b.\u200b'), ['line breaks and spaces inside']],
  ['soft hyphens', TOKEN.replaceAll('.', '\u00ad.'), ['line breaks and spaces inside']],
  ['no-break spaces', TOKEN.replaceAll('.', '.\u00a0'), ['line breaks and spaces inside']],
  ['underscores that Markdown escaped', TOKEN.replaceAll('_', '\\_'), ['backslashes']],
  ['lines that a shell continues', TOKEN.replaceAll('.', '.\\\n'), ['backslashes', 'line breaks and spaces inside']],
])('repairs %s', (_, text, removed) => {
  expect(repairPaste(text)).toEqual({ token: TOKEN, removed });
});

test.each([',', ';', '', '"'])('takes no quotes from %j that it does not have', (text) => {
  expect(repairPaste(text).token).toBe(text === '"' ? '' : text);
});

test.each(['=', '+', '/', '#', '{}'])('does not hide %j, which is no damage of pasting', (stray) => {
  expect(repairPaste(TOKEN + stray).token).toBe(TOKEN + stray);
});

test('one line of many is not joined over white space: what stands behind a token is none of it', () => {
  expect(repairPaste(`${TOKEN} OK`, 'line')).toEqual({ token: `${TOKEN} OK`, removed: [] });
  expect(repairPaste(` "Bearer ${TOKEN}",`, 'line').token).toBe(TOKEN);
});

test.each<[name: string, make: (length: number) => string]>([
  ['white space', (length) => `a${' '.repeat(length)}b`],
  ['quotes', (length) => `a${'"'.repeat(length)}b`],
  ['commas', (length) => `"${'",'.repeat(length / 2)}b`],
  ['Bearer prefixes', (length) => 'Bearer '.repeat(length / 7)],
  ['backslashes', (length) => `${'\\'.repeat(length)}b`],
])('the cost of a megabyte of %s is linear', async (_, make) => {
  const repair = (text: string): void => {
    repairPaste(text);
    repairPaste(text, 'line');
  };
  expect(await growthOf(repair, make(250_000), make(1_000_000))).toBeLessThan(LINEAR);
});
