/** Uses each name of `secevent/caep`, `/oidc`, `/risc`, `/scim` and `/ssf`. */
import { decodeSet, type EventDefinition, type EventOf, readEvent, readEvents, type SetVerifier } from 'secevent';
import * as caep from 'secevent/caep';
import { credentialChange, type CredentialType, sessionRevoked } from 'secevent/caep';
import { backchannelLogout, createLogoutVerifier, type LogoutVerifierOptions, oidcEvents } from 'secevent/oidc';
import * as risc from 'secevent/risc';
import * as scim from 'secevent/scim';
import { createSsfVerifier, ssfEvents, type SsfVerifierOptions, streamUpdated, verification } from 'secevent/ssf';

const set = decodeSet('token');
export const everything = [
  ...caep.caepEvents,
  ...oidcEvents,
  ...risc.riscEvents,
  ...scim.scimEvents,
  ...ssfEvents,
] as const;
export const found = readEvents(set, everything);
export const revoked = readEvent(set, sessionRevoked);
export const credential: CredentialType | undefined = readEvent(set, credentialChange)?.credential_type;
export const kinds: readonly CredentialType[] = ['password', 'a later kind'];
const reason: string | { readonly [languageTag: string]: string } | undefined = revoked?.reason_user;
export const shown: string = typeof reason === 'object' ? Object.values(reason).join() : (reason ?? '');
export const created = readEvent(set, scim.provCreateFull);
export const definitions: readonly EventDefinition[] = [
  caep.assuranceLevelChange,
  caep.deviceComplianceChange,
  caep.riskLevelChange,
  caep.sessionEstablished,
  caep.sessionPresented,
  caep.tokenClaimsChange,
  backchannelLogout,
  streamUpdated,
  verification,
  risc.accountCredentialChangeRequired,
  risc.accountDisabled,
  risc.accountEnabled,
  risc.accountPurged,
  risc.credentialCompromise,
  risc.identifierChanged,
  risc.identifierRecycled,
  risc.optIn,
  risc.optOutCancelled,
  risc.optOutEffective,
  risc.optOutInitiated,
  risc.recoveryActivated,
  risc.recoveryInformationChanged,
  risc.sessionsRevoked,
  risc.verification,
  scim.feedAdd,
  scim.feedRemove,
  scim.miscAsyncresp,
  scim.provActivate,
  scim.provCreateNotice,
  scim.provDeactivate,
  scim.provDelete,
  scim.provPatchFull,
  scim.provPatchNotice,
  scim.provPutFull,
  scim.provPutNotice,
];

/** In a union of all events, the event type must narrow the payload. */
export function summarize(event: EventOf<(typeof everything)[number]>): string {
  switch (event.type) {
    case 'https://schemas.openid.net/secevent/ssf/event-type/stream-updated':
      return event.payload.status;
    case 'https://schemas.openid.net/secevent/caep/event-type/credential-change':
      return event.payload.change_type;
    default:
      return event.type;
  }
}

const ssfOptions: SsfVerifierOptions = {
  issuer: 'https://a.example',
  audience: null,
  fetch: async () => ({ status: 404, body: null }),
};
export const ssf: SetVerifier = createSsfVerifier(ssfOptions);
export const lenient = createSsfVerifier({
  ...ssfOptions,
  issuer: ['https://a.example', 'https://a.example/'],
  configurationUrl: 'https://a.example/configuration',
  typ: ['secevent+jwt', 'JWT'],
  exp: 'ignore',
  sub: 'allow',
  algorithms: ['ES256', 'ML-DSA-65'],
});
const logoutOptions: LogoutVerifierOptions = {
  issuer: 'https://a.example',
  audience: 'me',
  typ: 'logout+jwt',
  exp: 'allow',
  maxAgeSeconds: 120,
};
export const logout: SetVerifier = createLogoutVerifier({ keys: [] }, logoutOptions);
