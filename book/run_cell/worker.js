/*
The worker in which the reader's Python runs, so that the page lives on when the code does not end. It stands behind
MicroPython's own script and network.js in one; `rlPython` and `networkOf` come from there.

In: {kind: "start", wasm, python: {file: text}, layers, tensors, digits, labels}, then {kind: "run" | "check", ...}.
Out: {ready: true}, {line: text} for what is printed, {done: {...}, images: [...], ms}, {broken: text}.
*/

const LINES = 200; /* that are shown of what the code prints */
let python, network, printed = 0, shown = [];

const number = v => (Number.isInteger(v) && Math.abs(v) >= 2 ** 31 ? String(v) : v); /* else cut to 32 bits */
const EACH = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  max: (a, b) => (a < b ? b : a), /* NaN stays, as in torch */
  min: (a, b) => (a > b ? b : a),
  gt: (a, b) => +(a > b),
  lt: (a, b) => +(a < b),
  sign: a => Math.sign(a),
  abs: a => Math.abs(a),
  nan: a => +Number.isNaN(a),
};
const WHOLE = {
  max: a => a.reduce((m, v) => (m >= v ? m : v), -Infinity),
  min: a => a.reduce((m, v) => (m <= v ? m : v), Infinity),
  sum: a => a.reduce((m, v) => m + v, 0),
  argmax: a => a.reduce((m, v, i) => (v > a[m] ? i : m), 0),
};

/* What Python sees as `page`. A block of numbers is a Float32Array. */
function seen({digits, labels}) {
  return {
    each: (what, a, b) => {
      const f = EACH[what], made = new Float32Array((typeof a === "number" ? b : a).length);
      if (typeof a === "number") for (let i = 0; i < made.length; i++) made[i] = f(a, b[i]);
      else if (typeof b === "number") for (let i = 0; i < made.length; i++) made[i] = f(a[i], b);
      else for (let i = 0; i < made.length; i++) made[i] = f(a[i], b[i]);
      return made;
    },
    whole: (what, a) => number(WHOLE[what](a)),
    at: (a, i) => number(a[i]),
    part: (a, from, length) => a.slice(from, from + length),
    put: (a, i, v) => { a[i] = v; },
    classes: () => network.logits(digits[0]).length,
    logits: x => network.logits(x),
    lossGradient: (x, y) => network.lossGradient(x, y),
    logitGradient: (x, c) => network.logitGradient(x, c),
    digits: () => digits.length,
    digit: i => digits[i].slice(),
    label: i => labels[i],
    show: x => shown.push(x.slice()),
  };
}

async function start(given) {
  network = networkOf(given.layers, given.tensors);
  const load = await rlPython;
  python = await load({
    url: URL.createObjectURL(new Blob([given.wasm], {type: "application/wasm"})),
    heapsize: 8 << 20,
    stdout: line => {
      printed += 1;
      if (printed <= LINES) postMessage({line});
      if (printed === LINES + 1) postMessage({line: "(more lines are not shown)"});
    },
  });
  python.registerJsModule("page", {page: seen(given)});
  for (const [name, text] of Object.entries(given.python)) python.FS.writeFile("/" + name, text);
  python.runPython("import sys; sys.path.append('/'); import session");
}

onmessage = async ({data: asked}) => {
  const began = performance.now();
  try {
    if (asked.kind === "start") {
      await start(asked);
      postMessage({ready: true});
      return;
    }
    printed = 0;
    shown = [];
    const session = python.pyimport("session"), {code, name, eps} = asked;
    const done =
      asked.kind === "run" ? session.run(code, name, asked.place, eps) : session.check(code, name, eps, asked.want);
    const images = shown.map(x => ({x, read: network.softmax(network.logits(x))}));
    postMessage({done: JSON.parse(done), images, ms: performance.now() - began});
  } catch (error) {
    postMessage({broken: String((error && error.message) || error)});
  }
};
