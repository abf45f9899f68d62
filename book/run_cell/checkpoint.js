/* A checkpoint of the library, read in the page. */

/* The tensors of a .safetensors file by name: an 8-byte length, that much JSON, then the numbers. */
function safetensors(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const tensors = {};
  for (const [name, held] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const {dtype, shape, data_offsets: [from, to]} = held;
    if (dtype !== "F16" && dtype !== "F32") throw new Error(name + " is " + dtype + "; F16 and F32 can be read");
    tensors[name] = {shape, data: floats(bytes.slice(start + from, start + to), dtype)};
  }
  return tensors;
}

/* Numbers of 16 or 32 bits as a Float32Array. */
function floats(bytes, dtype) {
  if (dtype === "F32") return new Float32Array(bytes.buffer);
  return Float32Array.from(new Uint16Array(bytes.buffer), h => {
    const sign = h >> 15 ? -1 : 1, e = (h >> 10) & 31, f = h & 1023;
    if (e === 31) return f ? NaN : sign * Infinity;
    return sign * (e ? 2 ** (e - 15) * (1 + f / 1024) : 2 ** -14 * (f / 1024));
  });
}
