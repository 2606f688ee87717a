/** `secevent listen`: a push receiver that appends each verified SET to a file, and responds once it is on disk. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { isSetError } from '../errors.js';
import { escapeControls } from '../text/controls.js';
import { toRecord } from '../text/record.js';
import { deliveryErrorOf } from '../receiver/delivery-error.js';
import { toNodeListener } from '../receiver/node.js';
import { createPushReceiver } from '../receiver/push.js';
import { type ReplayStore, replayKey } from '../receiver/replay.js';
import type { VerifiedSet } from '../set.js';
import type { SetVerifier } from '../verify.js';
import { HELP, HINT } from './help.js';
import { type Journal, openJournal } from './journal.js';
import { printNotice, reportUsageError, write } from './output.js';
import { supportsEscapes } from './terminal.js';
import { findOptionFaults, VERIFICATION_OPTIONS } from './trust.js';
import { createCallVerifier } from './verifier.js';

/** How long deliveries in progress may take after a signal to stop. */
const GRACE_MS = 10_000;

/** Runs the subcommand and returns the exit status. */
export async function listen(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...VERIFICATION_OPTIONS,
      port: { type: 'string' },
      host: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    await write(process.stdout, HELP);
    return 0;
  }
  // The argument is not quoted, because it may be a token.
  if (positionals.length > 0) return reportUsageError(`listen takes only options: SETs arrive over HTTP\n${HINT}`);
  const { port, host = '127.0.0.1', out: path } = values;
  const faults = [...findServerFaults(port, path), ...findOptionFaults(values)];
  if (faults.length > 0) return reportUsageError(`${faults.join('; ')}\n${HINT}`);
  const verifier = await createCallVerifier(values);
  if (typeof verifier === 'string') return reportUsageError(`${verifier}\n${HINT}`);
  const journal = await openJournal(path!);
  if (typeof journal === 'string')
    return reportUsageError(`${escapeControls(path!)} ${journal}: choose another file for --out`);
  if (journal.removedBytes > 0)
    printNotice(`removed ${journal.removedBytes} bytes of an incomplete write, which was never acknowledged`);
  return serve(journal, verifier, Number(port), host);
}

function findServerFaults(port: string | undefined, out: string | undefined): string[] {
  const faults: string[] = [];
  if (!/^\d{1,5}$/.test(port ?? '') || Number(port) > 65_535)
    faults.push('specify a port from 0 to 65535 with --port NUMBER (0 picks a free one)');
  if (out === undefined || out === '' || out === '-') faults.push('specify the file to append to with --out FILE');
  return faults;
}

/** Receives until SIGTERM or SIGINT. */
async function serve(journal: Journal, verifier: SetVerifier, port: number, host: string): Promise<number> {
  const status = createStatusLine(journal);
  /** The record of each SET, made from its token. */
  const records = new WeakMap<VerifiedSet, string>();
  const receive = createPushReceiver({
    async verify(token) {
      const set = await verifier(token);
      records.set(set, toRecord(token));
      return set;
    },
    onSet: (set) => journal.append(replayKey(set), records.get(set)!),
    replay: createJournalReplayStore(journal),
    onError(error) {
      // Parts of it may come from a server, such as the names in its certificate.
      const message = escapeControls((error as Error).message);
      if (!isSetError(error)) return status.print(`not written, will be redelivered: ${message}`);
      const { code, status: httpStatus = 503 } = error;
      const isRefused = deliveryErrorOf(error) !== undefined || httpStatus < 500;
      status.print(`${isRefused ? 'refused' : 'will be redelivered'}: ${code}: ${message}`);
    },
  });
  const listener = toNodeListener(receive);
  let isStopping = false;
  const server = createServer((request, response) => {
    // Otherwise a client that sends continuously would keep its connection open.
    if (isStopping) response.setHeader('connection', 'close');
    listener(request, response);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { address, port: actual, family } = server.address() as AddressInfo;
  printNotice(`listening on http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`);
  status.redraw();
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  isStopping = true;
  await closeServer(server);
  await journal.close();
  status.stop(`${signal}: stopped with ${setsOnDisk(journal)}`);
  return 0;
}

/** Closes the server once each connection has finished its delivery, and at most one more, or the grace period ends. */
async function closeServer(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}

/** Creates a replay store. SETs in the journal are done; only SETs that are being written are tracked here. */
function createJournalReplayStore(journal: Journal): ReplayStore {
  const busy = new Set<string>();
  return {
    async begin(key) {
      if (journal.has(key)) return 'done';
      if (busy.has(key)) return 'busy';
      busy.add(key);
      return 'new';
    },
    async commit(key) {
      busy.delete(key);
    },
    async abort(key) {
      busy.delete(key);
    },
  };
}

function setsOnDisk({ count }: Journal): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'SET' : 'SETs'} on disk`;
}

/** On a terminal, a count that is kept up to date below the messages. Elsewhere, only the messages. */
interface StatusLine {
  /** Prints the current count. */
  redraw(): void;
  /** Prints a message above the count. */
  print(text: string): void;
  /** Prints the last message, and stops updating the count. */
  stop(text: string): void;
}

function createStatusLine(journal: Journal): StatusLine {
  const { stderr, env } = process;
  const isShown = supportsEscapes(stderr, env);
  const clearLine = isShown ? '\r\u001b[K' : '';
  let shown = '';
  const redraw = (): void => {
    const text = `secevent: ${setsOnDisk(journal)}`;
    if (!isShown || text === shown) return;
    shown = text;
    void write(stderr, clearLine + text);
  };
  const timer = isShown ? setInterval(redraw, 200).unref() : undefined;
  const printLine = (text: string): void => {
    void write(stderr, clearLine);
    printNotice(text);
    shown = '';
  };
  return {
    redraw,
    print(text) {
      printLine(text);
      redraw();
    },
    stop(text) {
      clearInterval(timer);
      printLine(text);
    },
  };
}
