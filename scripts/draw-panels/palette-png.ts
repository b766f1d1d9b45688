import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** A picture as a PNG file holds it: rows of bytes, each pixel red, green, blue and whatever else. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly bytesPerPixel: number;
  readonly bytes: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MOST_COLORS = 256;

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += length + 12;
  }
}

function paeth(left: number, above: number, aboveLeft: number): number {
  const guess = left + above - aboveLeft;
  const [toLeft, toAbove, toCorner] = [left, above, aboveLeft].map(each => Math.abs(guess - each)) as [
    number,
    number,
    number,
  ];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : aboveLeft;
}

/** What a filter of PNG takes for a byte, of its neighbours; https://www.w3.org/TR/png-3/#9Filters */
function predicted(filter: number, left: number, above: number, aboveLeft: number): number {
  return [0, left, above, (left + above) >> 1, paeth(left, above, aboveLeft)][filter] ?? 0;
}

function decode(png: Buffer): Pixels {
  const chunks = [...chunksOf(png)];
  const header = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const bytesPerPixel = header[9] === 6 ? 4 : 3;
  const packed = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)));
  const stride = width * bytesPerPixel;
  const bytes = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const from = row * (stride + 1);
    const filter = packed[from] ?? 0;
    const above = row === 0 ? new Uint8Array(stride) : bytes.subarray((row - 1) * stride, row * stride);
    const line = bytes.subarray(row * stride, (row + 1) * stride);
    for (let at = 0; at < stride; at++) {
      const left = line[at - bytesPerPixel] ?? 0;
      const guess = predicted(filter, left, above[at] ?? 0, above[at - bytesPerPixel] ?? 0);
      line[at] = (packed[from + 1 + at] ?? 0) + guess;
    }
  }
  return { width, height, bytesPerPixel, bytes };
}

type Color = readonly [red: number, green: number, blue: number];

const rgbOf = (color: number): Color => [color >> 16, (color >> 8) & 255, color & 255];

function nearest(color: number, palette: readonly number[]): number {
  const [red, green, blue] = rgbOf(color);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, other] of palette.entries()) {
    const [otherRed, otherGreen, otherBlue] = rgbOf(other);
    const distance = (red - otherRed) ** 2 + (green - otherGreen) ** 2 + (blue - otherBlue) ** 2;
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}

/** The colours used most, at most one of nearly equal ones. */
function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  const palette = new Map<number, number>();
  for (const [color] of [...counts].sort(([, a], [, b]) => b - a)) {
    const [red, green, blue] = rgbOf(color);
    const alike = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
    if (!palette.has(alike)) palette.set(alike, color);
    if (palette.size === MOST_COLORS) break;
  }
  return [...palette.values()];
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** The same picture in at most 256 colours: for charts and text a third of the bytes. */
export function withPalette(png: Buffer): Buffer {
  const { width, height, bytesPerPixel, bytes } = decode(png);
  const colors = Uint32Array.from({ length: width * height }, (_, pixel) => {
    const at = pixel * bytesPerPixel;
    return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  });
  const counts = new Map<number, number>();
  for (const color of colors) counts.set(color, (counts.get(color) ?? 0) + 1);
  const palette = paletteOf(counts);
  const places = new Map(Array.from(counts.keys(), color => [color, nearest(color, palette)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (const [pixel, color] of colors.entries()) {
    rows[pixel + Math.floor(pixel / width) + 1] = places.get(color) ?? 0;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a pixel, each the number of a colour.
  header.set([8, 3], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(rgbOf))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ]);
}
