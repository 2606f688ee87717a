/**
 * The members of the documents of stream management and their types (OpenID SSF 1.0 sections 6.1, 7.1 and 8.1).
 *
 * One example stands for all documents, since each name has one meaning in them: it is much smaller than a schema for
 * each. Leaves out every other member.
 */
import { jsonTypeOf } from '../json.js';
import type { JsonObject } from '../model.js';
import { wrongOption } from '../options.js';

const EXAMPLE = {
  issuer: '',
  spec_version: '',
  jwks_uri: '',
  configuration_endpoint: '',
  status_endpoint: '',
  verification_endpoint: '',
  add_subject_endpoint: '',
  remove_subject_endpoint: '',
  default_subjects: '',
  stream_id: '',
  description: '',
  method: '',
  endpoint_url: '',
  authorization_header: '',
  status: '',
  reason: '',
  delivery_methods_supported: [''],
  critical_subject_members: [''],
  events_supported: [''],
  events_requested: [''],
  events_delivered: [''],
  aud: [''],
  min_verification_interval: 0,
  inactivity_timeout: 0,
  delivery: {},
  subject: {},
  verified: true,
  extra: {},
};

/**
 * Returns a copy of an object in which the members of the example have its types. One that is null counts as absent:
 * serializers that write null for a missing value are common.
 *
 * @param required the members that must be present
 * @param createError creates the error for a member, by default that of a caller's mistake
 * @throws that error
 */
export function checkMembers(
  value: object,
  required: readonly string[],
  createError: (name: string, value: unknown, expected: string) => Error = wrongOption,
): JsonObject {
  const copy: Record<string, unknown> = { ...value };
  for (const [name, example] of Object.entries(EXAMPLE)) {
    if (copy[name] === null) copy[name] = undefined;
    const member = copy[name];
    const isLike =
      [member].flat().every((each) => jsonTypeOf(each) === jsonTypeOf([example].flat()[0])) &&
      (name === 'aud' || Array.isArray(member) === Array.isArray(example));
    if (member === undefined ? required.includes(name) : !isLike)
      throw createError(name, member, `of type ${Array.isArray(example) ? 'list of strings' : typeof example}`);
  }
  // Not of a delivery within a delivery: a document may be deeper than the stack.
  if (copy.delivery && required[0] !== 'method') copy.delivery = checkMembers(copy.delivery, ['method'], createError);
  return copy;
}
