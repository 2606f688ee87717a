/** The built decoder page: its file, and its behavior in Chromium. Firefox follows in page.long.test.ts. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { testPageIn } from './page-tests.js';

const html = readFileSync(new URL('../../dist/inspector.html', import.meta.url), 'utf8');

describe('the file', () => {
  test('is at most 60,000 bytes', () => {
    const size = Buffer.byteLength(html);
    console.log(`inspector.html: ${size} bytes`);
    expect(size).toBeLessThanOrEqual(60_000);
  });

  test('forbids all requests, and all scripts and styles but its own', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
    const directives = new Map(
      policy.split('; ').map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1)]),
    );
    for (const name of ['default-src', 'connect-src', 'form-action', 'base-uri'])
      expect(directives.get(name), name).toEqual(["'none'"]);
    expect(policy).not.toMatch(/unsafe|data:|blob:|https?:|\*/);
    for (const [directive, element] of [
      ['script-src', 'script'],
      ['style-src', 'style'],
    ] as const) {
      const inline = [...html.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map((match) => match[1]!);
      expect(inline).toHaveLength(1);
      expect(directives.get(directive)).toContain(
        `'sha256-${createHash('sha256').update(inline[0]!).digest('base64')}'`,
      );
    }
    const packed = /id="packed">(.*?)<\/script>/.exec(html)?.[1] ?? '';
    const script = inflateRawSync(Buffer.from(packed, 'base64'));
    expect(directives.get('script-src')?.[1]).toBe(`'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    expect([directives.get('script-src'), directives.get('style-src')].map((list) => list?.length)).toEqual([2, 1]);
    // The policy does not cover anything before it.
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style'));
  });

  test('does not reference other files', () => {
    expect(html.replace(/<script[^]*?<\/script>/g, '')).not.toMatch(/\b(?:src|href)=|url\(|@import/);
  });
});

testPageIn('chromium');
