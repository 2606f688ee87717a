/** `secevent listen`: a receiver that appends each verified SET to a file, on disk before it answers. */
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
import { HELP } from './help.js';
import { type Journal, openJournal } from './journal.js';
import { misuse, say, write } from './output.js';
import { canErase } from './terminal.js';
import { findFaults, TRUST_OPTIONS } from './trust.js';
import { readVerifier } from './verifier.js';

const HINT = 'Try: secevent --help';

/** How long deliveries may take that are under way when the command is told to end. */
const GRACE_MS = 10_000;

/** Runs the subcommand and gives the exit status. */
export async function listen(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...TRUST_OPTIONS,
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
  // What stands there may be a token, and is not repeated.
  if (positionals.length > 0) return misuse(`listen takes options alone: SETs come by HTTP\n${HINT}`);
  const { port, host = '127.0.0.1', out: path } = values;
  const faults = [...findPlaceFaults(port, path), ...findFaults(values)];
  if (faults.length > 0) return misuse(`${faults.join('; ')}\n${HINT}`);
  const verifier = await readVerifier(values);
  if (typeof verifier === 'string') return misuse(`${verifier}\n${HINT}`);
  const journal = await openJournal(path!);
  if (typeof journal === 'string')
    return misuse(`${escapeControls(path!)} ${journal}: give --out another file, or one that is new`);
  if (journal.removedBytes > 0)
    say(`removed ${journal.removedBytes} bytes of a line that was never finished, and so never acknowledged`);
  return serve(journal, verifier, Number(port), host);
}

function findPlaceFaults(port: string | undefined, out: string | undefined): string[] {
  const faults: string[] = [];
  if (!/^\d{1,5}$/.test(port ?? '') || Number(port) > 65_535)
    faults.push('say where to listen, with --port NUMBER up to 65535 (0 takes a free one)');
  if (out === undefined || out === '' || out === '-') faults.push('say where to write, with --out FILE');
  return faults;
}

/** Receives until the command is told to end. */
async function serve(journal: Journal, verifier: SetVerifier, port: number, host: string): Promise<number> {
  const counter = makeCounter(journal);
  /** The record of each SET, in the words of its token. */
  const records = new WeakMap<VerifiedSet, string>();
  const receive = createPushReceiver({
    async verify(token) {
      const set = await verifier(token);
      records.set(set, toRecord(token));
      return set;
    },
    onSet: (set) => journal.append(replayKey(set), records.get(set)!),
    replay: replayOf(journal),
    onError(error) {
      const { message } = error as Error;
      if (!isSetError(error)) return counter.remark(`not written: ${message}`);
      const { code, status = 503 } = error;
      const isRefused = deliveryErrorOf(error) !== undefined || status < 500;
      counter.remark(`${isRefused ? 'refused' : 'will be redelivered'}: ${code}: ${message}`);
    },
  });
  const listener = toNodeListener(receive);
  let isEnding = false;
  const server = createServer((request, response) => {
    // A client that sends one SET after the other would never let go of its connection.
    if (isEnding) response.setHeader('connection', 'close');
    listener(request, response);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { address, port: actual, family } = server.address() as AddressInfo;
  say(`listening on http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`);
  counter.show();
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  isEnding = true;
  await close(server);
  await journal.close();
  counter.end(`${signal}: ended with ${count(journal)} on disk`);
  return 0;
}

/** Lets the deliveries that are under way come to their end, with at most one more on each connection. */
async function close(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}

/** What the journal holds was handled. What is being written is known here alone. */
function replayOf(journal: Journal): ReplayStore {
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

function count({ count: sets }: Journal): string {
  return `${sets.toLocaleString('en')} ${sets === 1 ? 'SET' : 'SETs'}`;
}

interface Counter {
  show(): void;
  /** Says something, and shows the count below it. */
  remark(text: string): void;
  /** Says the last thing. */
  end(text: string): void;
}

/** On a terminal a count that runs, below what there is to say; elsewhere only that. */
function makeCounter(journal: Journal): Counter {
  const { stderr, env } = process;
  const isShown = canErase(stderr, env);
  const erase = isShown ? '\r\u001b[K' : '';
  let shown = '';
  const show = (): void => {
    const text = `secevent: ${count(journal)} on disk`;
    if (!isShown || text === shown) return;
    shown = text;
    void write(stderr, erase + text);
  };
  const timer = isShown ? setInterval(show, 200).unref() : undefined;
  const tell = (text: string): void => {
    void write(stderr, erase);
    say(text);
    shown = '';
  };
  return {
    show,
    remark(text) {
      tell(text);
      show();
    },
    end(text) {
      clearInterval(timer);
      tell(text);
    },
  };
}
