/**
 * After tsup: the decoder page, one file with its script and style inside.
 *
 * Its Content-Security-Policy allows this one script and this one style, by their hashes, and no request at all.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const here = new URL('./', import.meta.url);

async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [new URL(name, here).pathname],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0].text.trimEnd();
}

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// Within an element a script ends at the first of these, and "<!--" begins what HTML calls an escaped state.
const script = (await bundle('main.ts')).replace(/<(?=\/script|!--)/gi, '\\x3c');
const style = await bundle('style.css');

const policy = [
  "default-src 'none'",
  "connect-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  `script-src ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Puts a text into the one place for it. */
function fill(page, place, text) {
  const parts = page.split(place);
  if (parts.length !== 2) throw new Error(`page.html must have ${place} once`);
  return parts.join(text);
}

const template = readFileSync(new URL('page.html', here), 'utf8');
const page = [
  ['Policy" content=""', `Policy" content="${policy}"`],
  ['<style></style>', `<style>${style}</style>`],
  ['<script></script>', `<script>${script}</script>`],
].reduce((text, [place, filled]) => fill(text, place, filled), template);
writeFileSync(new URL('../../dist/inspector.html', here), page);
