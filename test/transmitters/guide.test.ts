/** docs/transmitters.md: each of its sections has a test of its own, code that the test runs, and its sources. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { examplesIn, guide, sections } from './guide.js';

/** The only section without a transmitter of its own. */
const GENERAL = 'Another transmitter';

const headings = [...sections.keys()];
const transmitters = headings.filter((heading) => heading !== GENERAL);

/** The name of the test for a section, such as `login-gov.test.ts`. */
const testOf = (heading: string): string => `${heading.toLowerCase().replace(/[^a-z]+/g, '-')}.test.ts`;

describe('the guide to transmitters', () => {
  test('has a test for each section, and a section for each test', () => {
    const tests = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.test.ts'));
    expect(headings.map(testOf).sort()).toEqual(tests.filter((name) => name !== 'guide.test.ts').sort());
    expect(transmitters.length).toBeGreaterThanOrEqual(12);
  });

  test('lists its transmitters in a table, in the order of the sections', () => {
    const rows = [...guide.split(/^## /m)[0]!.matchAll(/^\| \[(.+?)\]\(#/gm)].map(([, name]) => name);
    expect(rows).toEqual(transmitters);
  });

  test.each(transmitters)('shows one example for %s, and its sources', (heading) => {
    const section = sections.get(heading)!;
    const [code, ...others] = examplesIn(section);
    expect(others).toEqual([]);
    expect(code).toContain('createPushReceiver({ verify, ');
    expect(section).toMatch(/_Read_ in/);
  });

  test('names the verifier of each example in the table', () => {
    for (const heading of transmitters) {
      const row = guide.split('\n').find((line) => line.startsWith(`| [${heading}](`));
      const [, verifier] = /^const verify = (create\w+)\(/m.exec(examplesIn(sections.get(heading)!)[0]!)!;
      expect(row).toContain(`\`${verifier}\``);
    }
  });

  test('names its date, and those who only receive', () => {
    const introduction = guide.split(/^## /m)[0]!.replace(/\s+/g, ' ');
    expect(introduction).toContain('as of November 2026');
    for (const receiver of ['Google Workspace', 'Apple Business Manager and School Manager', "Okta's own endpoint"])
      expect(introduction).toContain(receiver);
  });
});
