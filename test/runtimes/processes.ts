/** The runtimes that are programs from npm: versions of Node.js, Deno, Bun and workerd. They print the report. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/program.js';
import type { Project } from '../support/tarball.js';
import { bundleSuite, importMap, type SuiteFormat } from './bundle.js';
import { serveRegistry } from './registry.js';
import type { Finding, Runtime } from './runtime.js';
import type { Report } from './suite/run.js';

const TIMEOUT_MS = 240_000;
const modules = fileURLToPath(new URL('node_modules/', import.meta.url));

/** Returns the path of a program. npm leaves it out on a platform that it does not support. */
function programOf(name: string, path: string): string {
  const program = join(modules, path);
  if (!existsSync(program))
    throw new Error(
      `${name} for ${process.platform} ${process.arch} is not in test/runtimes/node_modules: run npm run setup`,
    );
  return program;
}

/** Runs the suite in a program, and returns what it prints. */
async function outputOf(program: string, args: readonly string[], cwd: string, env = process.env): Promise<string> {
  const { status, output, errors } = await runProgram(program, args, { cwd, env, timeoutMs: TIMEOUT_MS });
  if (status !== 0) throw new Error(`ended with status ${status}: ${errors}${output}`);
  return output;
}

/** Reads the report from the last line. */
function reportIn(output: string): Report {
  return JSON.parse(output.trimEnd().split('\n').at(-1)!) as Report;
}

/** Runs the suite in a program whose `console.log` shows objects, and checks what it shows of a set. */
async function runPrintedSuite(...run: Parameters<typeof outputOf>): Promise<Report> {
  const output = await outputOf(...run);
  if (!/header: \{[^]*payload: \{[^]*signature: Uint8Array/.test(output)) {
    throw new Error(`console.log(set) does not show header, payload and signature: ${output.slice(0, 1_000)}`);
  }
  return reportIn(output);
}

async function versionOf(program: string): Promise<string> {
  const { output } = await runProgram(program, ['--version']);
  return /\d[\w.-]*/.exec(output)![0];
}

/** Writes the suite to a new folder in the project, from which the package resolves, and returns its path. */
async function writeSuite(
  { folder, home }: Project,
  place: string,
  file: string,
  entry: string,
  format: SuiteFormat,
): Promise<string> {
  const own = join(folder, place);
  await mkdir(own, { recursive: true });
  await writeFile(join(own, file), await bundleSuite(entry, format, home));
  return own;
}

/** Creates a runtime that resolves the package in node_modules, as Node.js does. */
function resolvingRuntime(name: string, path: string, format: 'esm' | 'cjs'): Runtime {
  const file = `suite.${format === 'esm' ? 'mjs' : 'cjs'}`;
  return {
    name,
    way: format === 'esm' ? 'import' : 'require',
    async run(project): Promise<Finding> {
      const program = programOf(name, path);
      const place = `${name}-${format}`.replace(' ', '-');
      const cwd = await writeSuite(project, place, file, 'print', format);
      return { version: await versionOf(program), report: await runPrintedSuite(program, [file], cwd) };
    },
  };
}

const nodes = [20, 22, 24, 26].flatMap((version) =>
  (['esm', 'cjs'] as const).map((format) =>
    resolvingRuntime(`Node.js ${version}`, `node-${version}-${process.platform}-${process.arch}/bin/node`, format),
  ),
);

const buns = (['esm', 'cjs'] as const).map((format) => resolvingRuntime('Bun', '.bin/bun', format));

/** A TypeScript program that compiles only with the real types: with `any` the expected errors would be missing. */
const TYPED = `
import { decodeSet, isSetError, type VerifiedSet } from 'secevent';
import { sessionRevoked } from 'secevent/caep';
const iss: () => string = () => decodeSet('').payload.iss;
// @ts-expect-error: decoding verifies nothing
const set: () => VerifiedSet = () => decodeSet('');
// @ts-expect-error: the type of an event is a literal
const type: 'other' = sessionRevoked.type;
try {
  iss();
} catch (error) {
  if (isSetError(error)) console.log(error.code, set.length, typeof type);
}
`;

/**
 * Creates a Deno runtime, with the package from an npm registry or as modules by their path. The suite gets no
 * permissions.
 */
function deno(way: 'npm: specifier' | 'built ES modules'): Runtime {
  return {
    name: 'Deno',
    way,
    async run(project): Promise<Finding> {
      const program = programOf('Deno', '.bin/deno');
      const cwd = await writeSuite(
        project,
        way.startsWith('npm') ? 'deno-npm' : 'deno-built',
        'suite.mjs',
        'print',
        'esm',
      );
      const registry = await serveRegistry(project);
      try {
        const imports = way.startsWith('npm')
          ? { secevent: 'npm:secevent@0', 'secevent/': 'npm:/secevent@0/' }
          : importMap('../node_modules/secevent/');
        await writeFile(join(cwd, 'deno.json'), JSON.stringify({ imports, nodeModulesDir: 'none' }));
        await writeFile(join(cwd, 'typed.ts'), TYPED);
        const env = {
          ...process.env,
          NPM_CONFIG_REGISTRY: registry.url,
          DENO_DIR: join(cwd, 'cache'),
          NO_COLOR: '1',
          DENO_NO_UPDATE_CHECK: '1',
        };
        const typed = await runProgram(program, ['run', '--check', 'typed.ts'], { cwd, env, timeoutMs: TIMEOUT_MS });
        if (typed.output !== 'ERR_SET_FORMAT 0 string\n') throw new Error(`${typed.output}${typed.errors}`);
        return {
          version: await versionOf(program),
          report: await runPrintedSuite(program, ['run', 'suite.mjs'], cwd, env),
        };
      } finally {
        await registry.close();
      }
    },
  };
}

/** Creates a worker without the modules of Node.js, as Cloudflare runs it by default, that behaves as on a date. */
function workerd(compatibilityDate: string, flags: readonly string[] = []): Runtime {
  const name = `workerd ${compatibilityDate.slice(0, 4)}`;
  return {
    name,
    way: 'bundled',
    async run(project): Promise<Finding> {
      const program = programOf('workerd', '.bin/workerd');
      const cwd = await writeSuite(project, name.replace(' ', '-'), 'suite.mjs', 'worker', 'whole');
      const modules = '[(name = "suite", esModule = embed "suite.mjs")]';
      const worker = `(modules = ${modules}, compatibilityDate = "${compatibilityDate}", compatibilityFlags = ${JSON.stringify(flags)})`;
      await writeFile(
        join(cwd, 'suite.capnp'),
        `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = (services = [(name = "suite", worker = ${worker})]);\n`,
      );
      return {
        version: await versionOf(program),
        report: reportIn(await outputOf(program, ['test', 'suite.capnp'], cwd)),
      };
    },
  };
}

const workers = [
  // The last day on which the `publicExponent` of a key was an ArrayBuffer. Until September 2024,
  // Object.prototype.toString did not recognize a CryptoKey. Without the flag, this worker would also report rejections
  // that are handled a moment later.
  workerd('2023-11-30', ['unhandled_rejection_after_microtask_checkpoint']),
  workerd('2026-10-01'),
];

export const PROCESSES: readonly Runtime[] = [
  ...nodes,
  deno('npm: specifier'),
  deno('built ES modules'),
  ...buns,
  ...workers,
];
