/* A listing of the class rl-run becomes a cell: an editor, Run, Check, Reset, and what came of it. */

function cellOf(box, place) {
  const cell = JSON.parse(box.dataset.run), listing = box.querySelector(".rl-listing"), id = "rl-run-" + place;
  const rows = cell.code.split("\n").length;
  const area = made("textarea", {id, rows, value: cell.code, spellcheck: false, autocomplete: "off"});
  area.setAttribute("autocapitalize", "off");
  area.setAttribute("aria-describedby", id + "-keys");
  area.wrap = "off";
  const keys = "Tab indents. Escape and then Tab leaves the editor. Ctrl+Enter runs.";
  const hint = made("p", {id: id + "-keys", className: "rl-keys", textContent: keys});
  const options = cell.labels.map((y, i) => made("option", {value: i, textContent: i + 1 + ", a " + y}));
  const choice = made("select", {id: id + "-digit", autocomplete: "off"}, ...options);
  const said = made("div", {className: "rl-said"});
  const printed = made("pre", {className: "rl-printed", tabIndex: 0, hidden: true});
  choice.value = cell.digit;
  said.setAttribute("role", "status");
  printed.setAttribute("role", "region");
  printed.setAttribute("aria-label", "What the code prints");
  const pictures = made("div", {className: "rl-pictures"});
  const buttons = ["Run", "Check", "Reset"].map(name => made("button", {type: "button", textContent: name}));
  const limits = {run: cell.limit, check: 4 * cell.limit}; /* seconds */
  let worker = null, busy = false;

  const say = (text, kind = "") => {
    said.className = "rl-said " + kind;
    said.textContent = text;
  };
  const clear = () => {
    pictures.replaceChildren();
    printed.textContent = "";
    printed.hidden = true;
  };
  const print = line => {
    printed.hidden = false;
    printed.textContent += line + "\n";
  };

  async function ask(kind) {
    if (busy) return;
    busy = true;
    box.setAttribute("aria-busy", "true");
    clear();
    try {
      if (!worker || worker.ended) {
        say("Loading Python (once) ...");
        worker = null;
        const clicked = performance.now();
        worker = await workerOf(cell);
        box.dataset.ready = performance.now() - clicked;
      }
      say("Running ...");
      const at = Number(choice.value);
      worker.postMessage({kind, code: area.value, name: cell.name, eps: cell.eps, want: cell.want, place: at});
      const found = await heard(worker, print, limits[kind]);
      box.dataset.ms = found.ms;
      show(kind, at, found);
    } catch (error) {
      const late = " seconds: the code had not come to its end. Is there a loop that never stops?";
      const other = "The cell could not run: " + (error.message || error) + ". Reload the page and try again.";
      say(error.late ? "Stopped after " + limits[kind] + late : other, "rl-fault");
    }
    busy = false;
    box.removeAttribute("aria-busy");
  }

  function show(kind, at, {done, images}) {
    if (done.error) {
      const line = done.line ? area.value.split("\n")[done.line - 1] : undefined;
      say(done.error + (line === undefined ? "" : "\nLine " + done.line + ": " + line.trim()), "rl-fault");
      return;
    }
    const many = kind === "check";
    const tiles = images.map(({x, read}, i) => {
      const {best, words} = reading(read), y = cell.labels[many ? i : at];
      const under = many ? y + "→" + best : "read as " + words;
      return picture(x, under, "Digit " + (many ? i + 1 : at + 1) + ", a " + y + ", attacked", best !== y);
    });
    if (many) say((done.passed ? "✓ " : "✗ ") + done.sentence, done.passed ? "rl-right" : "rl-fault");
    else if (images.length) {
      const clean = worker.digits[at], moved = images[0].x.map((v, i) => v - clean[i]);
      const far = moved.reduce((m, v) => Math.max(m, Math.abs(v)), 0), size = far.toFixed(3);
      const {best} = reading(images[0].read), y = cell.labels[at], again = best === y ? ", as before." : ".";
      const change = moved.map(v => 0.5 + v / (2 * Math.max(far, 1e-9)));
      const moves = " The largest change of a pixel is " + size + "; eps is " + cell.eps + ".";
      say("The network reads the attacked " + y + " as " + best + again + moves);
      tiles.unshift(
        picture(clean, "clean, a " + y, "Digit " + (at + 1), false),
        picture(change, "change, to ± " + size, "What the attack adds", false),
      );
    }
    pictures.replaceChildren(...tiles);
  }

  buttons[0].onclick = () => ask("run");
  buttons[1].onclick = () => ask("check");
  buttons[2].onclick = () => {
    if (busy) return;
    area.value = cell.code;
    clear();
    say("The code is the listing again.");
  };
  editorOf(area, () => ask("run"));
  listing.hidden = true;
  const label = made("label", {htmlFor: id, textContent: "Python that you can change: " + cell.name});
  const named = name => made("dt", {}, made("code", {textContent: name}));
  const terms = NAMES.flatMap(([name, words]) => [named(name), made("dd", {textContent: words})]);
  const help = made("details", {}, made("summary", {textContent: "What the code can use"}), made("dl", {}, ...terms));
  const digit = made("label", {htmlFor: id + "-digit", textContent: "digit for Run"});
  const bar = made("div", {className: "rl-bar"}, ...buttons, made("span", {}, digit, " ", choice));
  listing.after(label, area, hint, bar, said, printed, pictures, help);
}

if (window.WebAssembly && window.Worker && window.DecompressionStream)
  document.querySelectorAll(".rl-run[data-run]").forEach(cellOf);
