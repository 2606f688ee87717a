/** The form that verifies a token, and the banner with the result. Any change resets the banner to UNVERIFIED. */
import { algorithmOf, allAlgorithms, type SignatureAlgorithm } from '../algorithms.js';
import { isSetError } from '../errors.js';
import { webCrypto } from '../key-import.js';
import { byId, make } from './dom.js';
import { type Verdict, verifyWithForm } from './trust.js';
import type { DecodedSet } from '../model.js';

/** The token that the form verifies. */
interface Current {
  readonly token: string;
  readonly set: DecodedSet;
}

/** Sets up the form, and returns a function that sets the token to verify. */
export function createTrustView(): (current: Current | undefined) => void {
  const form = byId('trust', HTMLFormElement);
  const banner = byId('verdict', HTMLElement);
  const key = byId('key', HTMLTextAreaElement);
  const issuer = byId('issuer', HTMLInputElement);
  const audience = byId('audience', HTMLInputElement);
  const anyAudience = byId('any-audience', HTMLInputElement);
  const algorithm = byId('algorithm', HTMLSelectElement);
  const typ = byId('typ', HTMLSelectElement);
  let current: Current | undefined;
  /** Counts the changes: a verdict from before the last change is discarded. */
  let version = 0;

  const reset = (): void => {
    version++;
    showBanner('unverified', 'UNVERIFIED', 'Decoding does not check the signature: anyone could have written this.');
  };
  const showBanner = (state: string, title: string, words: string): void => {
    banner.className = state;
    banner.replaceChildren(make('strong', {}, title), ' ', make('span', {}, words));
  };
  const showVerdict = (verdict: Verdict): void => {
    if (verdict.isVerified) showBanner('verified', 'VERIFIED', verdict.words);
    else {
      const { words, code } = verdict;
      showBanner('failed', 'UNVERIFIED', code === undefined ? words : `${words} (${code}).`);
    }
  };

  form.addEventListener('input', reset);
  anyAudience.addEventListener('change', () => (audience.disabled = anyAudience.checked));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!current) return;
    reset();
    const submitted = version;
    const options = {
      key: key.value,
      issuer: issuer.value.trim(),
      audience: anyAudience.checked ? undefined : audience.value.trim(),
      algorithm: algorithm.value as SignatureAlgorithm,
      typ: typ.value === '' ? undefined : typ.value,
    };
    const showIfCurrent = (verdict: Verdict): void => {
      if (submitted === version) showVerdict(verdict);
    };
    verifyWithForm(current.token, current.set.header, options).then(showIfCurrent, (error: unknown) =>
      showIfCurrent({ isVerified: false, words: `Verification failed: ${String(error)}.` }),
    );
  });

  const hint = missingCryptoHint();
  if (hint !== undefined) byId('no-crypto', HTMLElement).textContent = hint;
  reset();
  return (next) => {
    current = next;
    form.hidden = next === undefined;
    if (next) offerAlgorithms(algorithm, next.set.header.alg);
    reset();
  };
}

/** Offers the algorithms. RS256 stays selected until the user chooses another one: the token must not choose. */
function offerAlgorithms(select: HTMLSelectElement, alg: string): void {
  const chosen = select.value || 'RS256';
  const named = algorithmOf(alg)?.alg;
  const options = allAlgorithms().map(({ alg: name }) =>
    make('option', { value: name, selected: name === chosen }, name === named ? `${name} (named by the token)` : name),
  );
  select.replaceChildren(...options);
}

function missingCryptoHint(): string | undefined {
  try {
    webCrypto();
    return undefined;
  } catch (error) {
    if (!isSetError(error)) throw error;
    return 'This browser verifies only on pages from https, localhost or a file: open this page in one of those ways.';
  }
}
