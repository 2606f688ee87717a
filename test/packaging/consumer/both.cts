/**
 * `import` and `require` of an entry have the same types, so one half of a program accepts a set that the other half
 * verified.
 */
import type * as akamai from 'secevent/akamai' with { 'resolution-mode': 'import' };
import type * as caep from 'secevent/caep' with { 'resolution-mode': 'import' };
import type * as core from 'secevent' with { 'resolution-mode': 'import' };
import type * as oidc from 'secevent/oidc' with { 'resolution-mode': 'import' };
import type * as receiver from 'secevent/receiver' with { 'resolution-mode': 'import' };
import type * as risc from 'secevent/risc' with { 'resolution-mode': 'import' };
import type * as scim from 'secevent/scim' with { 'resolution-mode': 'import' };
import type * as ssf from 'secevent/ssf' with { 'resolution-mode': 'import' };
import type * as testing from 'secevent/testing' with { 'resolution-mode': 'import' };
import requiredAkamai = require('secevent/akamai');
import requiredCaep = require('secevent/caep');
import required = require('secevent');
import requiredOidc = require('secevent/oidc');
import requiredReceiver = require('secevent/receiver');
import requiredRisc = require('secevent/risc');
import requiredScim = require('secevent/scim');
import requiredSsf = require('secevent/ssf');
import requiredTesting = require('secevent/testing');

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type All<Pairs extends readonly true[]> = Pairs;

export type Values = All<
  [
    Same<typeof akamai, typeof requiredAkamai>,
    Same<typeof caep, typeof requiredCaep>,
    Same<typeof core, typeof required>,
    Same<typeof oidc, typeof requiredOidc>,
    Same<typeof receiver, typeof requiredReceiver>,
    Same<typeof risc, typeof requiredRisc>,
    Same<typeof scim, typeof requiredScim>,
    Same<typeof ssf, typeof requiredSsf>,
    Same<typeof testing, typeof requiredTesting>,
  ]
>;
export type Types = All<
  [
    Same<core.VerifiedSet, required.VerifiedSet>,
    Same<core.DecodedSet, required.DecodedSet>,
    Same<core.SetError, required.SetError>,
    Same<core.KeySource, required.KeySource>,
    Same<core.EventDefinition, required.EventDefinition>,
    Same<core.SetVerifier, required.SetVerifier>,
    Same<receiver.ReplayStore, requiredReceiver.ReplayStore>,
    Same<testing.TestTransmitter, requiredTesting.TestTransmitter>,
  ]
>;

export const toRequired = (set: core.VerifiedSet): required.VerifiedSet => set;
export const toImported = (set: required.VerifiedSet): core.VerifiedSet => set;
