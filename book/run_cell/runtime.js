/* The parts that a cell needs to run, fetched on the first click, and the worker that is made of them. */

const FOLDER = new URL(".", document.currentScript.src).href;

/* A file beside this script that puts one value into rlFiles. A script, because pages from file:// may not fetch. */
function loaded(name) {
  const files = (window.rlFiles ??= {}), waiting = (loaded.waiting ??= {});
  return (waiting[name] ??= new Promise((done, fail) => {
    if (files[name]) return done(files[name]);
    const script = document.createElement("script");
    script.src = FOLDER + name + ".js";
    script.onload = () => (files[name] ? done(files[name]) : fail(new Error(name + ".js is damaged")));
    script.onerror = () => {
      delete waiting[name];
      fail(new Error(name + ".js could not be loaded"));
    };
    document.head.append(script);
  }));
}

const bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const unzipped = text => new Response(new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("gzip")));

/* The network's tensors. Where the browser can tell (https, file://, localhost) the file has to be the one meant. */
async function tensorsOf({checkpoint, sha256, extra}) {
  const bytes = bytesOf(await loaded(checkpoint));
  if (window.crypto?.subtle) {
    const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    if (Array.from(found, b => b.toString(16).padStart(2, "0")).join("") !== sha256)
      throw new Error("the weights of " + checkpoint + " are not those that this page was made with");
  }
  const tensors = safetensors(bytes);
  const others = typeof extra === "string" ? await loaded(extra) : extra;
  for (const [name, {shape, data}] of Object.entries(others))
    tensors[name] = {shape, data: floats(bytesOf(data), "F16")};
  return tensors;
}

/* A worker that is ready for the code of a cell. */
async function workerOf(cell) {
  const {script, wasm} = await loaded("micropython");
  runtime.script ??= await unzipped(script).text();
  runtime.wasm ??= await unzipped(wasm).arrayBuffer();
  const {scripts, python} = await loaded("python"), tensors = await tensorsOf(cell);
  const source = URL.createObjectURL(new Blob([runtime.script, "\n", scripts], {type: "text/javascript"}));
  const worker = new Worker(source);
  const {layers, labels} = cell, all = bytesOf(cell.digits);
  const digits = labels.map((_, i) => Float32Array.from(all.subarray(784 * i, 784 * (i + 1)), v => v / 255));
  worker.postMessage({kind: "start", wasm: runtime.wasm, python, layers, tensors, digits, labels});
  await heard(worker, () => {}, 60);
  URL.revokeObjectURL(source);
  return Object.assign(worker, {digits});
}
const runtime = {};

/* The worker's answer; each printed line goes to `printed`. After so many seconds the worker is ended. */
function heard(worker, printed, seconds) {
  return new Promise((done, fail) => {
    const end = error => {
      worker.terminate();
      worker.ended = true;
      fail(error);
    };
    const limit = setTimeout(() => end(Object.assign(new Error(), {late: true})), 1000 * seconds);
    worker.onerror = event => end(new Error(event.message || "the worker stopped"));
    worker.onmessage = ({data}) => {
      if (data.line !== undefined) return printed(data.line);
      clearTimeout(limit);
      return data.broken ? end(new Error(data.broken)) : done(data);
    };
  });
}
