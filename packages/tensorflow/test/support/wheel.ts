/** A tiny wheel, made on the spot: a zip archive of files stored without compression. */
import { crc32 } from 'node:zlib';

export function zip(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = Buffer.from(text);
    // version 20, no flags, stored, no time, checksum, sizes, length of the name, no extra field
    const common = fields([20, 2], [0, 2], [0, 2], [0, 4], [crc32(data), 4], [data.length, 4], [data.length, 4], [name.length, 2], [0, 2]);
    const local = Buffer.concat([fields([0x04034b50, 4]), common, Buffer.from(name), data]);
    // no comment, disk 0, no attributes, place of the local header
    directory.push(Buffer.concat([fields([0x02014b50, 4], [20, 2]), common, fields([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const count = directory.length;
  return Buffer.concat([...locals, entries, fields([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [entries.length, 4], [offset, 4], [0, 2])]);
}

/** Little-endian numbers of 2 or 4 bytes. */
function fields(...values: (readonly [value: number, bytes: 2 | 4])[]): Buffer {
  return Buffer.concat(
    values.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    }),
  );
}
