/**
 * The first script of the page: unpacks the second, which stands in the page compressed, and runs it.
 *
 * The Content-Security-Policy names the hashes of both, so that what is unpacked can be nothing but what was built.
 */

/** Where a browser has Trusted Types: the one policy that there can be, and it is taken here. */
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
  document.getElementById('remark')!.textContent = 'This browser is too old to run the page.';
});
