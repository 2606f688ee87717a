/** Damage from copying and pasting is repaired, and each repair is named. */
import { expect, test } from 'vitest';
import { repairPaste } from '../../src/text/paste.js';
import { growthOf, LINEAR } from '../support/timing.js';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ_In0.c2ln-_8';

test('an undamaged token is not changed', () => {
  expect(repairPaste(TOKEN)).toEqual({ token: TOKEN, removed: [] });
});

test.each(['\n', '\r\n'])('the final line break %j is removed without being named', (end) => {
  expect(repairPaste(TOKEN + end)).toEqual({ token: TOKEN, removed: [] });
});

test.each([
  ['spaces around it', `  ${TOKEN}\t`, ['surrounding white space']],
  ['empty lines around it', `\n\n${TOKEN}\n\n`, ['surrounding white space']],
  ['a byte order mark', `\ufeff${TOKEN}`, ['surrounding white space']],
  ['double quotes', `"${TOKEN}"`, ['quotes']],
  ['single quotes and a comma', `'${TOKEN}',`, ['quotes']],
  ['curly quotes', `“${TOKEN}”`, ['quotes']],
  ['back ticks', `\`${TOKEN}\``, ['quotes']],
  ['a Bearer prefix', `Bearer ${TOKEN}`, ['a "Bearer" prefix']],
  ['a bearer prefix in lower case', `bearer   ${TOKEN}`, ['a "Bearer" prefix']],
  ['a whole header field', `Authorization: Bearer ${TOKEN}`, ['a "Bearer" prefix']],
  ['a Bearer prefix in quotes', `"Bearer ${TOKEN}"`, ['quotes', 'a "Bearer" prefix']],
  ['a quoted token after Bearer', `Bearer "${TOKEN}"`, ['quotes', 'a "Bearer" prefix']],
  ['line wraps', TOKEN.replace(/.{10}/g, '$&\n'), ['line breaks and spaces']],
  ['indented line wraps', TOKEN.replace(/.{10}/g, '$&\r\n    '), ['line breaks and spaces']],
  ['zero-width spaces', TOKEN.replaceAll('.', '\u200b.\u200b'), ['line breaks and spaces']],
  ['soft hyphens', TOKEN.replaceAll('.', '\u00ad.'), ['line breaks and spaces']],
  ['no-break spaces', TOKEN.replaceAll('.', '.\u00a0'), ['line breaks and spaces']],
  ['underscores escaped for Markdown', TOKEN.replaceAll('_', '\\_'), ['backslashes']],
  ['shell line continuations', TOKEN.replaceAll('.', '.\\\n'), ['backslashes', 'line breaks and spaces']],
])('repairs %s', (_, text, removed) => {
  expect(repairPaste(text)).toEqual({ token: TOKEN, removed });
});

test.each([',', ';', '', '"'])('removes only quotes from %j', (text) => {
  expect(repairPaste(text).token).toBe(text === '"' ? '' : text);
});

test.each(['=', '+', '/', '#', '{}'])('keeps %j, which pasting does not add', (stray) => {
  expect(repairPaste(TOKEN + stray).token).toBe(TOKEN + stray);
});

test('text after the token in a line is not joined to it', () => {
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
