/*
A network of the library as a list of layers, with the gradient of any weighted sum of its logits with respect to the
pixels. What `robustlib.models.layer_list` names, and the tensors of a checkpoint by name; one image at a time.
*/

/* layers: [[kind, name of a tensor or number, ...], ...]; an image is a Float32Array of 28 x 28 pixels in [0, 1]. */
function networkOf(layers, tensors) {
  const made = layers.map(([kind, ...given]) =>
    KINDS[kind](...given.map(part => (typeof part === "string" ? tensors[part] : part))),
  );
  const forward = x => {
    const kept = [];
    let a = {shape: [1, 28, 28], data: x};
    for (const layer of made) {
      let needed;
      [a, needed] = layer.forward(a);
      kept.push(needed);
    }
    return [a.data, kept];
  };
  /* The gradient of the sum of the logits, each times its weight; the weights are worked out from the logits. */
  const gradient = (x, weights) => {
    const [logits, kept] = forward(x);
    return made.reduceRight((g, layer, i) => layer.backward(g, kept[i]), weights(logits));
  };
  const softmax = logits => {
    const most = Math.max(...logits), parts = Array.from(logits, v => Math.exp(v - most));
    const sum = parts.reduce((a, b) => a + b, 0);
    return parts.map(v => v / sum);
  };
  return {
    softmax,
    logits: x => forward(x)[0],
    lossGradient: (x, y) => gradient(x, f => Float32Array.from(softmax(f), (p, k) => p - (k === y ? 1 : 0))),
    logitGradient: (x, c) => gradient(x, f => Float32Array.from(f, (_, k) => (k === c ? 1 : 0))),
  };
}
