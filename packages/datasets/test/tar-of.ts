/** Small tar files for tests. */
import { Header } from 'tar';

/** The bytes of a tar file with these members, in order. */
export function tarOf(members: readonly (readonly [name: string, content: Uint8Array | string])[]): Buffer {
  const parts = members.flatMap(([path, content]) => {
    const bytes = Buffer.from(content);
    return [headerOf(path, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** The header of a member. */
export function headerOf(path: string, size: number, type: 'File' | 'SymbolicLink' = 'File'): Buffer {
  const header = new Header({ path, size, type, mode: 0o644, mtime: new Date(0) });
  header.encode();
  return header.block!;
}
