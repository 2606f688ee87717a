/** Reads the text of a file that was dropped or opened. */

/** Decodes a file as UTF-8, or as UTF-16 after its byte order mark, which PowerShell 5 writes. */
export async function textOfFile(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
}
