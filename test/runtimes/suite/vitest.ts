/**
 * Replaces `vitest` in the suite: the parts of Vitest that run in any runtime, and the functions of `vi` that the tests
 * use.
 *
 * Vitest itself runs only in Node and in browsers. Its runner, its matchers and its spies are separate packages that
 * need only ECMAScript and timers.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  type ExpectStatic,
  getState,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  type MatcherState,
  setState,
} from '@vitest/expect';
import { getCurrentTest } from '@vitest/runner';
import { fn, restoreAllMocks, spyOn } from '@vitest/spy';

export { afterAll, afterEach, beforeAll, beforeEach, describe, test } from '@vitest/runner';
export { expect, vi };

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

const expect = makeExpect();
Reflect.set(globalThis, GLOBAL_EXPECT, expect);

function makeExpect(): ExpectStatic {
  const make = (value: unknown, message?: string): unknown => {
    const assertion = chai.expect(value, message);
    const task = getCurrentTest();
    // Lets the test find a `rejects` or `resolves` that was not awaited.
    return task === undefined
      ? assertion
      : (assertion as unknown as { withTest(task: unknown): unknown }).withTest(task);
  };
  const made = Object.assign(
    make,
    chai.expect,
    Reflect.get(globalThis, ASYMMETRIC_MATCHERS_OBJECT),
  ) as unknown as ExpectStatic;
  setState<MatcherState>({ assertionCalls: 0, isExpectingAssertions: false, testPath: '' }, made);
  made.getState = () => getState(made);
  return made;
}

const stubbed = new Map<string, PropertyDescriptor | undefined>();

const vi = {
  fn,
  spyOn,
  restoreAllMocks,

  async waitFor(check: () => unknown): Promise<unknown> {
    // At least half a minute, for slow machines.
    for (let left = 3_000; ; left--) {
      try {
        return await check();
      } catch (error) {
        if (left === 0) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },

  stubGlobal(name: string, value: unknown): void {
    if (!stubbed.has(name)) stubbed.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    // WebKit's compiled code keeps using the old value unless the property is deleted first.
    Reflect.deleteProperty(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
  },

  unstubAllGlobals(): void {
    for (const [name, descriptor] of stubbed) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
    stubbed.clear();
  },
};
