/**
 * After tsup: the decoder page, one file with its scripts and its style inside.
 *
 * Its Content-Security-Policy allows these and nothing else, by their hashes, and no request at all. The script proper
 * is compressed, as a server would send it: see unpack.ts.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';

const pathOf = (name) => fileURLToPath(new URL(`../src/inspector/${name}`, import.meta.url));

async function bundle(name) {
  const options = {
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
  };
  const { outputFiles } = await build({ ...options, entryPoints: [pathOf(name)] });
  return outputFiles[0].text.trimEnd();
}

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const [script, unpack, style] = await Promise.all(['main.ts', 'unpack.ts', 'style.css'].map(bundle));
for (const inlined of [unpack, style])
  if (/<\/|<!--/.test(inlined)) throw new Error('this would end its element too soon');

const policy = [
  "default-src 'none'",
  "connect-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  `script-src ${hashOf(unpack)} ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  "require-trusted-types-for 'script'",
  'trusted-types page',
].join('; ');

/** Puts a text into the one place for it. */
function fill(page, place, text) {
  const parts = page.split(place);
  if (parts.length !== 2) throw new Error(`page.html must have ${place} once`);
  return parts.join(text);
}

const fillings = [
  ['Policy" content=""', `Policy" content="${policy}"`],
  ['<style></style>', `<style>${style}</style>`],
  ['id="packed"></script>', `id="packed">${deflateRawSync(script, { level: 9 }).toString('base64')}</script>`],
  ['<script></script>', `<script>${unpack}</script>`],
];
const page = fillings.reduce(
  (text, [place, filled]) => fill(text, place, filled),
  readFileSync(pathOf('page.html'), 'utf8'),
);
writeFileSync(fileURLToPath(new URL('../dist/inspector.html', import.meta.url)), page);
