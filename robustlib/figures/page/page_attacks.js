/*
FGSM and PGD on a network of lenet.js, as robustlib.attacks has them: L-infinity, cross-entropy, the result in [0, 1].

  robustlib.fgsm(network, x, label, eps) -> Float64Array of 784
  robustlib.pgd(network, x, label, eps, steps) -> the same; each step is 2.5 * eps / steps long, from x itself, without
      the random start, so that the same control shows the same picture
*/
(() => {
  const home = window.robustlib = window.robustlib || {};
  const within = (v, low, high) => Math.min(Math.max(v, low), high);

  const climb = (network, x, label, eps, steps, length) => {
    let at = Float64Array.from(x);
    for (let n = 0; n < steps; n++) {
      const g = network.gradient(at, label).gradient;
      at = at.map((v, i) => within(within(v + length * Math.sign(g[i]), x[i] - eps, x[i] + eps), 0, 1));
    }
    return at;
  };

  home.fgsm = (network, x, label, eps) => climb(network, x, label, eps, 1, eps);
  home.pgd = (network, x, label, eps, steps) => climb(network, x, label, eps, steps, 2.5 * eps / steps);
})();
