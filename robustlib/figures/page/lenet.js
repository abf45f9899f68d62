/*
The page's own network: the forward pass of `robustlib.models.small_lenet` and its gradient at the pixels, by hand.

  robustlib.network(weights) -> {logits, pullback, gradient}
      weights   {half: ..., sha256: ...}, as `robustlib.figures.page.network.packed` writes them: base64 of 22,312 float16
                numbers, little endian, in the order of the model's state_dict (mean, std, convolution 1 and 2, dense,
                head; each weight before its bias), and the hash of their bytes. Throws an Error whose message is a
                sentence for the reader where they are not whole.
      logits(x)            Float64Array of 10; x: 784 grey values in [0, 1], row by row, not changed
      pullback(x, v)       {logits, gradient}: the gradient at x of the sum of v[k] * logits[k], Float64Array of 784
      gradient(x, label)   {logits, gradient, loss}: of the cross-entropy of this label
  robustlib.weights        {name: weights}: what the page carries
  robustlib.stored(name) -> the network of these weights, unpacked once
  robustlib.probabilities(logits) -> Float64Array, the softmax

Loops run over whole rows, and sums are float64: the result is nearer to the exact one than torch's float32.
*/
(() => {
  const home = window.robustlib = window.robustlib || {}, TAKEN = 22312, unpacked = {};
  home.weights = home.weights || {};

  /* SHA-256 by its standard (FIPS 180-4), because a page from a plain http address has no crypto.subtle. */
  const sha256 = bytes => {
    const part = v => (v - Math.floor(v)) * 4294967296 | 0, turn = (v, n) => v >>> n | v << 32 - n;
    const k = [], h = [], w = new Int32Array(64), size = bytes.length + 72 & -64, data = new DataView(new ArrayBuffer(size));
    for (let n = 2; k.length < 64; n++) {
      let prime = true;
      for (let d = 2; d * d <= n; d++) prime = prime && n % d > 0;
      if (prime && h.length < 8) h.push(part(Math.sqrt(n)));
      if (prime) k.push(part(Math.cbrt(n)));
    }
    bytes.forEach((b, i) => data.setUint8(i, b));
    data.setUint8(bytes.length, 128);
    data.setUint32(size - 4, bytes.length * 8);
    for (let at = 0; at < size; at += 64) {
      for (let i = 0; i < 64; i++) {
        if (i < 16) {
          w[i] = data.getInt32(at + 4 * i);
        } else {
          const p = w[i - 15], q = w[i - 2];
          w[i] = w[i - 16] + w[i - 7] + (turn(p, 7) ^ turn(p, 18) ^ p >>> 3) + (turn(q, 17) ^ turn(q, 19) ^ q >>> 10);
        }
      }
      let [a, b, c, d, e, f, g, l] = h;
      for (let i = 0; i < 64; i++) {
        const s = l + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + k[i] + w[i];
        const t = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c);
        [l, g, f, e, d, c, b, a] = [g, f, e, d + s | 0, c, b, a, s + t | 0];
      }
      [a, b, c, d, e, f, g, l].forEach((v, i) => h[i] = h[i] + v | 0);
    }
    return h.map(v => (v >>> 0).toString(16).padStart(8, '0')).join('');
  };

  const float = h => {
    const e = h >> 10 & 31, m = h & 1023, size = e ? 2 ** (e - 25) * (1024 + m) : m / 16777216;
    return h >> 15 ? -size : size;
  };

  const unpack = weights => {
    let bytes;
    try {
      bytes = Uint8Array.from(atob(weights.half), c => c.charCodeAt(0));
    } catch (error) {
      bytes = new Uint8Array(0);
    }
    if (bytes.length !== 2 * TAKEN || sha256(bytes) !== weights.sha256) {
      throw new Error('The weights of a network on this page are damaged: they fail their hash. Load the page again.');
    }
    const data = new DataView(bytes.buffer);
    return Float64Array.from({length: TAKEN}, (_, i) => float(data.getUint16(2 * i, true)));
  };

  /* Convolution with 5x5 kernels and no padding: x (inside, side, side), w (outside, inside, 5, 5). */
  const convolve = (x, inside, side, w, b) => {
    const n = side - 4, y = new Float64Array(b.length * n * n);
    for (let o = 0; o < b.length; o++) {
      y.fill(b[o], o * n * n, (o + 1) * n * n);
      for (let c = 0; c < inside; c++) for (let u = 0; u < 5; u++) for (let v = 0; v < 5; v++) {
        const t = w[((o * inside + c) * 5 + u) * 5 + v];
        for (let r = 0; r < n; r++) {
          const to = (o * n + r) * n, from = (c * side + r + u) * side + v;
          for (let s = 0; s < n; s++) y[to + s] += t * x[from + s];
        }
      }
    }
    return y;
  };

  /* The largest of each 2x2, the first where several are equal as in torch, then ReLU; and where it was, -1 for none. */
  const pool = (x, channels, side) => {
    const n = side / 2, y = new Float64Array(channels * n * n), won = new Int32Array(y.length).fill(-1);
    for (let i = 0; i < y.length; i++) {
      const at = 2 * Math.floor(i / n) * side + 2 * (i % n);
      for (let k = 0; k < 4; k++) {
        const j = at + (k >> 1) * side + (k & 1);
        if (x[j] > y[i]) {
          y[i] = x[j];
          won[i] = j;
        }
      }
    }
    return {y, won};
  };

  /* The gradient at the input of `convolve`, of which only the places that won have one. */
  const back = (g, won, inside, side, w) => {
    const n = side - 4, dx = new Float64Array(inside * side * side);
    for (let i = 0; i < g.length; i++) {
      const d = g[i];
      if (won[i] < 0 || d === 0) continue;
      const o = Math.floor(won[i] / (n * n)), r = Math.floor(won[i] / n) % n, s = won[i] % n;
      for (let c = 0; c < inside; c++) for (let u = 0; u < 5; u++) {
        const to = (c * side + r + u) * side + s, from = ((o * inside + c) * 5 + u) * 5;
        for (let v = 0; v < 5; v++) dx[to + v] += d * w[from + v];
      }
    }
    return dx;
  };

  const dense = (x, w, b) => b.map((bias, o) => {
    let sum = bias;
    for (let i = 0; i < x.length; i++) sum += w[o * x.length + i] * x[i];
    return sum;
  });

  const denseBack = (g, w, inside) => {
    const dx = new Float64Array(inside);
    g.forEach((d, o) => {
      if (d !== 0) for (let i = 0; i < inside; i++) dx[i] += d * w[o * inside + i];
    });
    return dx;
  };

  home.probabilities = logits => {
    const top = Math.max(...logits), e = logits.map(v => Math.exp(v - top)), sum = e.reduce((a, b) => a + b);
    return e.map(v => v / sum);
  };

  home.network = weights => {
    const all = unpack(weights);
    let at = 2;
    const take = n => all.subarray(at, at += n);
    const [mean, std] = all;
    const w1 = take(150), b1 = take(6), w2 = take(2400), b2 = take(16), w3 = take(19200), b3 = take(48);
    const w4 = take(480), b4 = take(10);

    const place = i => (Math.floor(i / 28) + 2) * 32 + i % 28 + 2; /* of pixel i inside a frame of two */
    const forward = x => {
      const framed = new Float64Array(32 * 32);
      for (let i = 0; i < 784; i++) framed[place(i)] = (x[i] - mean) / std;
      const first = pool(convolve(framed, 1, 32, w1, b1), 6, 28);
      const second = pool(convolve(first.y, 6, 14, w2, b2), 16, 10);
      const z = dense(second.y, w3, b3).map(v => Math.max(v, 0));
      return {first, second, z, logits: dense(z, w4, b4)};
    };

    const descend = (seen, v) => {
      const dz = denseBack(v, w4, 48).map((d, i) => seen.z[i] > 0 ? d : 0);
      const d2 = back(denseBack(dz, w3, 400), seen.second.won, 6, 14, w2);
      const framed = back(d2, seen.first.won, 1, 32, w1), dx = new Float64Array(784);
      for (let i = 0; i < 784; i++) dx[i] = framed[place(i)] / std;
      return dx;
    };

    return {
      logits: x => forward(x).logits,
      pullback: (x, v) => {
        const seen = forward(x);
        return {logits: seen.logits, gradient: descend(seen, v)};
      },
      gradient: (x, label) => {
        const seen = forward(x), p = home.probabilities(seen.logits), top = Math.max(...seen.logits);
        const loss = top - seen.logits[label] + Math.log(seen.logits.reduce((sum, v) => sum + Math.exp(v - top), 0));
        return {logits: seen.logits, loss, gradient: descend(seen, p.map((q, k) => q - (k === label ? 1 : 0)))};
      },
    };
  };

  home.stored = name => unpacked[name] = unpacked[name] || home.network(home.weights[name] || {});
})();
