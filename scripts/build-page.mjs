/**
 * Builds the decoder page after tsup has run: a single HTML file that contains its scripts and its style.
 *
 * The Content-Security-Policy allows only these, by their hashes, and no requests at all. The main script is
 * compressed, as a server would send it: see unpack.ts.
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
  if (/<\/|<!--/.test(inlined)) throw new Error('An inlined script or style would close its element too early');

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

/** Replaces a placeholder, which must occur exactly once. */
function fill(page, placeholder, text) {
  const parts = page.split(placeholder);
  if (parts.length !== 2) throw new Error(`page.html must contain ${placeholder} exactly once`);
  return parts.join(text);
}

const fillings = [
  ['Policy" content=""', `Policy" content="${policy}"`],
  ['<style></style>', `<style>${style}</style>`],
  ['id="packed"></script>', `id="packed">${deflateRawSync(script, { level: 9 }).toString('base64')}</script>`],
  ['<script></script>', `<script>${unpack}</script>`],
];
const page = fillings.reduce(
  (text, [placeholder, filled]) => fill(text, placeholder, filled),
  readFileSync(pathOf('page.html'), 'utf8'),
);
writeFileSync(fileURLToPath(new URL('../dist/inspector.html', import.meta.url)), page);
