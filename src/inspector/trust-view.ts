/**
 * The banner that says how far to trust a token, and the form that verifies it. Whatever is changed, it says UNVERIFIED
 * again.
 */
import type { SignatureAlgorithm } from '../algorithms.js';
import { isSetError } from '../errors.js';
import { webCrypto } from '../key-import.js';
import { byId, make } from './dom.js';
import { ALGORITHMS, offeredAlgorithm, type Verdict, verify } from './trust.js';
import type { DecodedSet } from '../model.js';

/** What the form is about. */
interface Current {
  readonly token: string;
  readonly set: DecodedSet;
}

/** Sets the form up, and gives the function that tells it of the token to verify. */
export function watchTrust(): (current: Current | undefined) => void {
  const form = byId('trust', HTMLFormElement);
  const banner = byId('verdict', HTMLElement);
  const key = byId('key', HTMLTextAreaElement);
  const issuer = byId('issuer', HTMLInputElement);
  const audience = byId('audience', HTMLInputElement);
  const anyAudience = byId('any-audience', HTMLInputElement);
  const algorithm = byId('algorithm', HTMLSelectElement);
  const typ = byId('typ', HTMLSelectElement);
  let current: Current | undefined;
  /** Counts the changes: a verdict about what has changed since is not shown. */
  let version = 0;

  const reset = (): void => {
    version++;
    show('unverified', 'UNVERIFIED', 'Anyone can have written this. Decoding does not check the signature.');
  };
  const show = (state: string, title: string, words: string): void => {
    banner.className = state;
    banner.replaceChildren(make('strong', {}, title), ' ', make('span', {}, words));
  };
  const judge = (verdict: Verdict): void => {
    if (verdict.isVerified) show('verified', 'VERIFIED', verdict.words);
    else
      show('failed', 'UNVERIFIED', verdict.code === undefined ? verdict.words : `${verdict.words} (${verdict.code}).`);
  };

  form.addEventListener('input', reset);
  anyAudience.addEventListener('change', () => (audience.disabled = anyAudience.checked));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!current) return;
    reset();
    const asked = version;
    const options = {
      key: key.value,
      issuer: issuer.value.trim(),
      audience: anyAudience.checked ? undefined : audience.value.trim(),
      algorithm: algorithm.value as SignatureAlgorithm,
      typ: typ.value === '' ? undefined : typ.value,
    };
    const tell = (verdict: Verdict): void => {
      if (asked === version) judge(verdict);
    };
    verify(current.token, current.set.header, options).then(tell, (error: unknown) =>
      tell({ isVerified: false, words: `This could not be verified: ${String(error)}.` }),
    );
  });

  const missing = missingCryptography();
  if (missing !== undefined) byId('no-crypto', HTMLElement).textContent = missing;
  reset();
  return (next) => {
    current = next;
    form.hidden = next === undefined;
    if (next) offer(algorithm, next.set.header.alg);
    reset();
  };
}

/** RS256 unless someone chooses another; that of the token is marked, since it is the token's word. */
function offer(select: HTMLSelectElement, alg: string): void {
  const chosen = select.value || 'RS256';
  const its = offeredAlgorithm(alg);
  const options = ALGORITHMS.map((name) =>
    make('option', { value: name, selected: name === chosen }, name === its ? `${name} (says the token)` : name),
  );
  select.replaceChildren(...options);
}

function missingCryptography(): string | undefined {
  try {
    webCrypto();
    return undefined;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return 'This browser verifies only in pages from https, localhost or a file: open the page in another way to verify.';
  }
}
