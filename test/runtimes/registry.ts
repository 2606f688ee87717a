/** A local npm registry with one package, so that `npm:` resolves to the tarball under test. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../support/tarball.js';
import { startServer } from '../support/server.js';

export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

export async function serveRegistry({ home, tarball }: Project): Promise<Registry> {
  const manifest: { name: string; version: string } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'));
  const bytes = await readFile(tarball);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const server = await startServer();
  const { name, version } = manifest;
  const dist = { tarball: `${server.url}/${name}.tgz`, integrity };
  const listing = { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
  server.answer = (response, { url }) => {
    if (url === `/${name}`) response.setHeader('content-type', 'application/json').end(JSON.stringify(listing));
    else if (url === `/${name}.tgz`) response.end(bytes);
    else response.writeHead(404).end();
  };
  return { url: server.url, close: () => server.close() };
}
