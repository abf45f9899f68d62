/* The layers that `robustlib.models.layer_list` names, forward and back; one image at a time. */

/* Each kind makes forward(a) -> [output, what backward needs] and backward(gradient, that) -> gradient. */
const KINDS = {
  normalize: (mean, std) => ({
    forward: a => [{shape: a.shape, data: a.data.map(v => (v - mean.data[0]) / std.data[0])}, 0],
    backward: g => g.map(v => v / std.data[0]),
  }),
  relu: () => ({
    forward: a => [{shape: a.shape, data: a.data.map(v => (v > 0 ? v : 0))}, a.data],
    backward: (g, a) => g.map((v, i) => (a[i] > 0 ? v : 0)),
  }),
  negate: () => ({
    forward: a => [{shape: a.shape, data: a.data.map(v => -v)}, 0],
    backward: g => g.map(v => -v),
  }),
  flatten: () => ({forward: a => [{shape: [a.data.length], data: a.data}, 0], backward: g => g}),
  linear: ({shape: [n, d], data: w}, {data: b}) => ({
    forward: ({data: a}) => {
      const data = new Float32Array(n);
      for (let j = 0; j < n; j++) {
        let sum = b[j];
        for (let i = 0, at = j * d; i < d; i++, at++) sum += w[at] * a[i];
        data[j] = sum;
      }
      return [{shape: [n], data}, 0];
    },
    backward: g => {
      const back = new Float32Array(d);
      for (let j = 0; j < n; j++) {
        const by = g[j];
        if (by !== 0) for (let i = 0, at = j * d; i < d; i++, at++) back[i] += by * w[at];
      }
      return back;
    },
  }),
  maxpool: k => ({
    forward: ({shape: [c, h, w], data: a}) => {
      const [p, q] = [Math.floor(h / k), Math.floor(w / k)];
      const data = new Float32Array(c * p * q), at = new Int32Array(c * p * q);
      for (let m = 0, o = 0; m < c; m++)
        for (let i = 0; i < p; i++)
          for (let j = 0; j < q; j++, o++) {
            at[o] = (m * h + i * k) * w + j * k;
            for (let u = 0; u < k; u++)
              for (let v = 0; v < k; v++) {
                const here = (m * h + i * k + u) * w + j * k + v;
                if (a[here] > a[at[o]]) at[o] = here;
              }
            data[o] = a[at[o]];
          }
      return [{shape: [c, p, q], data}, {at, size: a.length}];
    },
    backward: (g, {at, size}) => {
      const back = new Float32Array(size);
      g.forEach((v, o) => (back[at[o]] += v));
      return back;
    },
  }),
  conv: ({shape: [n, c, k], data: by}, {data: bias}, pad) => ({
    forward: ({shape: [, h, w], data: a}) => {
      const [high, wide] = [h + 2 * pad, w + 2 * pad], [p, q] = [high - k + 1, wide - k + 1];
      const padded = new Float32Array(c * high * wide), data = new Float32Array(n * p * q);
      for (let m = 0; m < c; m++)
        for (let i = 0; i < h; i++)
          padded.set(a.subarray((m * h + i) * w, (m * h + i + 1) * w), (m * high + i + pad) * wide + pad);
      for (let o = 0, to = 0; o < n; o++)
        for (let i = 0; i < p; i++)
          for (let j = 0; j < q; j++, to++) {
            let sum = bias[o];
            for (let m = 0, at = o * c * k * k; m < c; m++)
              for (let u = 0; u < k; u++) {
                let v = 0, from = (m * high + i + u) * wide + j;
                for (; v + 5 <= k; v += 5, at += 5, from += 5) /* five at once: a quarter faster */
                  sum += by[at] * padded[from] + by[at + 1] * padded[from + 1] + by[at + 2] * padded[from + 2] +
                    by[at + 3] * padded[from + 3] + by[at + 4] * padded[from + 4];
                for (; v < k; v++, at++, from++) sum += by[at] * padded[from];
              }
            data[to] = sum;
          }
      return [{shape: [n, p, q], data}, [h, w]];
    },
    backward: (g, [h, w]) => {
      const [high, wide] = [h + 2 * pad, w + 2 * pad], [p, q] = [high - k + 1, wide - k + 1];
      const padded = new Float32Array(c * high * wide), back = new Float32Array(c * h * w);
      for (let o = 0, from = 0; o < n; o++)
        for (let i = 0; i < p; i++)
          for (let j = 0; j < q; j++, from++) {
            const times = g[from];
            if (times === 0) continue; /* behind a pool and a ReLU most are */
            for (let m = 0, at = o * c * k * k; m < c; m++)
              for (let u = 0; u < k; u++)
                for (let v = 0, to = (m * high + i + u) * wide + j; v < k; v++, at++, to++)
                  padded[to] += by[at] * times;
          }
      for (let m = 0; m < c; m++)
        for (let i = 0; i < h; i++) {
          const first = (m * high + i + pad) * wide + pad;
          back.set(padded.subarray(first, first + w), (m * h + i) * w);
        }
      return back;
    },
  }),
  /* Minus the mean distance to the oracles of each class: DunDi's head. */
  nearest: (oracles, share) => {
    const [k, n, d] = oracles.shape;
    return {
      forward: ({data: z}) => {
        const data = new Float32Array(k), far = new Float64Array(k * n);
        for (let o = 0; o < k * n; o++) {
          let sum = 0;
          for (let i = 0; i < d; i++) sum += (z[i] - oracles.data[o * d + i]) ** 2;
          far[o] = Math.sqrt(sum);
          data[Math.floor(o / n)] -= share.data[o] * far[o];
        }
        return [{shape: [k], data}, {z, far}];
      },
      backward: (g, {z, far}) => {
        const back = new Float32Array(d);
        for (let o = 0; o < k * n; o++) {
          const by = far[o] > 0 ? (-g[Math.floor(o / n)] * share.data[o]) / far[o] : 0;
          if (by !== 0) for (let i = 0; i < d; i++) back[i] += by * (z[i] - oracles.data[o * d + i]);
        }
        return back;
      },
    };
  },
};
