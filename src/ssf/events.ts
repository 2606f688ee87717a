/**
 * The two events of the OpenID Shared Signals Framework 1.0 itself. The events that it transmits are in `secevent/caep`
 * and `secevent/risc`.
 */
import { describeEvent } from '../events/define.js';
import { string } from '../events/schema.js';

/** The type of {@link verification}, on its own for code that needs no schema. */
export const VERIFICATION_TYPE = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

/**
 * A test of a stream. The subject is the ID of the stream.
 *
 * - `state`: the value from the receiver's request, absent if the transmitter started the test itself.
 *
 * @see OpenID SSF 1.0 section 8.1.4
 */
export const verification = /* @__PURE__ */ describeEvent(VERIFICATION_TYPE, {
  'state?': string,
});

/**
 * The transmitter changed the status of a stream. The subject is the ID of the stream.
 *
 * - `status`: the new status.
 * - `reason`: why it changed, for people.
 *
 * @see OpenID SSF 1.0 section 8.1.5
 */
export const streamUpdated = /* @__PURE__ */ describeEvent(
  'https://schemas.openid.net/secevent/ssf/event-type/stream-updated',
  {
    status: ['enabled', 'paused', 'disabled'],
    'reason?': string,
  },
);

/** The two events of SSF 1.0, for `readEvents`. */
export const ssfEvents = [verification, streamUpdated] as const;
