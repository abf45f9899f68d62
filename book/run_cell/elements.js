/* What a cell is made of: elements, pictures, and the words for what the code can use. */

const made = (tag, given = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), given);
  element.append(...inside);
  return element;
};
const percent = p => Math.round(100 * p) + " %";

/* An image of 28 x 28 numbers in [0, 1] with the words under it. */
function picture(x, words, alt, wrong) {
  const canvas = made("canvas", {width: 28, height: 28}), to = canvas.getContext("2d");
  const drawn = to.createImageData(28, 28);
  x.forEach((v, i) => drawn.data.set([255 * v, 255 * v, 255 * v, 255], 4 * i));
  to.putImageData(drawn, 0, 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", alt + ": " + words);
  return made("div", {className: "rl-tile" + (wrong ? " rl-wrong" : "")}, canvas, made("div", {textContent: words}));
}

/* What the names of a cell mean, as rows of a list. */
const NAMES = [
  ["x, y, eps", "an image of 28 x 28 pixels in [0, 1], its label, and the largest change of a pixel that is allowed"],
  ["network.logits(x)", "ten numbers, one for each digit; the largest is what the network reads"],
  ["network.loss_gradient(x, y)", "the gradient of the cross-entropy of label y, one number for each pixel"],
  ["network.logit_gradient(x, c)", "the gradient of the logit of class c"],
  [
    "of a tensor",
    "+ - * / ** with tensors of the same shape and with numbers, x[i, j], sign(), abs(), sqrt(), clip(low, high), " +
      "max(), min(), sum(), mean(), norm(), argmax(), tolist()",
  ],
];

/* What the network reads, with its probability. */
const reading = read => {
  const best = read.indexOf(Math.max(...read));
  return {best, words: best + ", " + percent(read[best])};
};
