/** Kills `secevent listen` under load, again and again. */
import { Agent } from 'node:http';
import { expect, test, vi } from 'vitest';
import { deliver, jtisOf, newFile, startListener, transmitter } from '../support/listener.js';
import { PATIENTLY } from '../support/timing.js';

test('SIGKILL, twenty times under load, loses no acknowledged SET and writes none twice', async () => {
  const file = newFile();
  const acknowledged = new Set<string>();
  let created = 0;
  for (let round = 0; round < 20; round++) {
    const { child, port, exit } = await startListener(file);
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    let isOver = false;
    const load = Promise.all(
      Array.from({ length: 16 }, async () => {
        while (!isOver) {
          const jti = `${created++}`;
          const token = await transmitter.sign({ jti });
          // Some are delivered twice, as by a transmitter that missed the response.
          for (let times = created % 5 ? 1 : 2; times > 0; times--)
            if ((await deliver(port, token, agent)) === 202) acknowledged.add(jti);
        }
      }),
    );
    const enough = acknowledged.size + 26 + Math.random() * 50;
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(enough), { ...PATIENTLY, interval: 1 });
    child.kill('SIGKILL');
    await exit;
    isOver = true;
    await load;
    agent.destroy();
  }
  const last = await startListener(file);
  const written = jtisOf(file);
  expect(acknowledged.size).toBeGreaterThan(500);
  expect([...acknowledged].filter((jti) => !written.includes(jti))).toEqual([]);
  expect(new Set(written).size).toBe(written.length);
  // The response shows that the process has installed its signal handlers.
  expect(await deliver(last.port, 'junk')).toBe(400);
  last.child.kill('SIGTERM');
  expect(await last.exit).toBe(0);
}, 300_000);
