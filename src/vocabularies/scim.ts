/**
 * The entry `secevent/scim`: the events of the SCIM profile for SETs, RFC 9967.
 *
 * The subject stands in the `sub_id` of the set, in the format `scim` (RFC 9967 section 2.1): see `subjectOf`.
 * Definitions are named after all that follows `event:` in the type, because the last part alone would be `full` or
 * `delete`.
 */
import { describeEvent } from '../events/define.js';
import { nothing, object, string, strings } from '../events/schema.js';

/** Which attributes, but not their values: `data` must not be there (RFC 9967 section 2.4). */
const notice = { attributes: strings, 'version?': string, 'data?': nothing };

/** The data themselves: `attributes` must not be there. */
const full = { data: object, 'version?': string, 'attributes?': nothing };

/**
 * A resource was added to the feed.
 *
 * @see RFC 9967 section 2.3.1
 */
export const feedAdd = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:feed:add');

/**
 * A resource was taken out of the feed.
 *
 * @see RFC 9967 section 2.3.2
 */
export const feedRemove = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:feed:remove');

/**
 * A resource was created; the names of its attributes.
 *
 * @see RFC 9967 section 2.4.1
 */
export const provCreateNotice = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:create:notice', notice);

/**
 * A resource was created; its data.
 *
 * @see RFC 9967 section 2.4.1
 */
export const provCreateFull = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:create:full', full);

/**
 * A resource was changed in part; the names of the attributes.
 *
 * @see RFC 9967 section 2.4.2
 */
export const provPatchNotice = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:patch:notice', notice);

/**
 * A resource was changed in part; the operations.
 *
 * @see RFC 9967 section 2.4.2
 */
export const provPatchFull = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:patch:full', full);

/**
 * A resource was replaced; the names of its attributes.
 *
 * @see RFC 9967 section 2.4.3
 */
export const provPutNotice = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:put:notice', notice);

/**
 * A resource was replaced; its data.
 *
 * @see RFC 9967 section 2.4.3
 */
export const provPutFull = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:put:full', full);

/**
 * A resource was deleted.
 *
 * @see RFC 9967 section 2.4.4
 */
export const provDelete = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:delete');

/**
 * A resource became active.
 *
 * @see RFC 9967 section 2.4.5
 */
export const provActivate = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:activate');

/**
 * A resource became inactive.
 *
 * @see RFC 9967 section 2.4.6
 */
export const provDeactivate = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:deactivate');

/**
 * The answer to a request that was made for later, as one operation of a bulk response. The `txn` of the set tells
 * which.
 *
 * `status` is an HTTP status as text, and `response` the SCIM error where it is one.
 *
 * @see RFC 9967 section 2.5.1.3, RFC 7644 section 3.7
 */
export const miscAsyncresp = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:misc:asyncresp', {
  'method?': string,
  'status?': string,
  'bulkId?': string,
  'version?': string,
  'location?': string,
  'response?': object,
});

/** All events of RFC 9967, for `readEvents`. */
export const scimEvents = [
  feedAdd,
  feedRemove,
  provCreateNotice,
  provCreateFull,
  provPatchNotice,
  provPatchFull,
  provPutNotice,
  provPutFull,
  provDelete,
  provActivate,
  provDeactivate,
  miscAsyncresp,
] as const;
