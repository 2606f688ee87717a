/**
 * The first script of the page: decompresses the second, which the page contains as text, and runs it.
 *
 * The Content-Security-Policy lists the hashes of both, so only the script from the build can run.
 */

/** The part of the Trusted Types API used here. The policy `page`, the only one that may exist, is created below. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScript(text: string): string }): { createScript(text: string): string };
}

async function unpack(): Promise<void> {
  const packed = document.getElementById('packed')?.textContent ?? '';
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const text = await new Response(stream).text();
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const script = document.createElement('script');
  script.textContent = trustedTypes
    ? trustedTypes.createPolicy('page', { createScript: (code) => code }).createScript(text)
    : text;
  document.body.append(script);
}

unpack().catch(() => {
  document.getElementById('remark')!.textContent = 'This browser is too old for this page.';
});
