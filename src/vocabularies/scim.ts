/**
 * The entry `secevent/scim`: the events of the SCIM profile for SETs, RFC 9967.
 *
 * The subject is in the `sub_id` of the set, in the format `scim` (RFC 9967 section 2.1): see `subjectOf`. A definition
 * is named after everything that follows `event:` in its type, because the last part alone would be `full` or `delete`.
 */
import { describeEvent } from '../events/define.js';
import { absent, object, string, strings } from '../events/schema.js';

/** The names of attributes without their values: `data` must be absent (RFC 9967 section 2.4). */
const notice = { attributes: strings, 'version?': string, 'data?': absent };

/** The data itself: `attributes` must be absent (RFC 9967 section 2.4). */
const full = { data: object, 'version?': string, 'attributes?': absent };

/**
 * A resource was added to the feed.
 *
 * @see RFC 9967 section 2.3.1
 */
export const feedAdd = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:feed:add');

/**
 * A resource was removed from the feed.
 *
 * @see RFC 9967 section 2.3.2
 */
export const feedRemove = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:feed:remove');

/**
 * A resource was created. The event names its attributes without their values.
 *
 * - `attributes`: the names of the attributes, usually as SCIM paths.
 * - `version`: the version (ETag) of the resource.
 *
 * @see RFC 9967 section 2.4.1
 */
export const provCreateNotice = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:create:notice', notice);

/**
 * A resource was created. The event contains it.
 *
 * - `data`: the resource.
 * - `version`: the version (ETag) of the resource.
 *
 * @see RFC 9967 section 2.4.1
 */
export const provCreateFull = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:create:full', full);

/**
 * A resource was modified by PATCH. The event names the changed attributes without their values.
 *
 * - `attributes`, `version`: as in {@link provCreateNotice}.
 *
 * @see RFC 9967 section 2.4.2
 */
export const provPatchNotice = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:patch:notice', notice);

/**
 * A resource was modified by PATCH. The event contains the operations.
 *
 * - `data`: the PATCH request, with its `Operations`.
 * - `version`: the version (ETag) of the resource.
 *
 * @see RFC 9967 section 2.4.2
 */
export const provPatchFull = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:patch:full', full);

/**
 * A resource was replaced by PUT. The event names its attributes without their values.
 *
 * - `attributes`, `version`: as in {@link provCreateNotice}.
 *
 * @see RFC 9967 section 2.4.3
 */
export const provPutNotice = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:put:notice', notice);

/**
 * A resource was replaced by PUT. The event contains it.
 *
 * - `data`, `version`: as in {@link provCreateFull}.
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
 * A resource was activated.
 *
 * @see RFC 9967 section 2.4.5
 */
export const provActivate = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:activate');

/**
 * A resource was deactivated.
 *
 * @see RFC 9967 section 2.4.6
 */
export const provDeactivate = /* @__PURE__ */ describeEvent('urn:ietf:params:scim:event:prov:deactivate');

/**
 * The response to an asynchronous request, in the form of one operation of a bulk response. The `txn` of the set
 * identifies the request.
 *
 * - `method`: the HTTP method of the request.
 * - `status`: the HTTP status of the response, as a string such as `200`.
 * - `bulkId`: the ID that the client gave the operation in a bulk request.
 * - `version`: the version (ETag) of the resource.
 * - `location`: the URL of the resource.
 * - `response`: the SCIM error, if the request failed.
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
