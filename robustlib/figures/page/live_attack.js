/*
The live attack: what its controls say becomes an image, both networks' attacked images, and what they read in them.

  robustlib.liveAttack(root, data)
      root      the element that robustlib/figures/page/live_attack.py made
      data      {digits: base64 of ten images of 784 bytes, labels: their classes}

It computes everything anew at each change, once a frame. Until it has run, the stored picture stands there; where the
weights fail their hash the picture stays, with a sentence.
*/
(() => {
  const home = window.robustlib = window.robustlib || {};
  const a = k => (k === 8 ? 'an ' : 'a ') + k;
  const percent = p => p > 0.995 ? 'over 99\u00a0%' : p < 0.005 ? 'under 1\u00a0%' : Math.round(100 * p) + '\u00a0%';

  const draw = (canvas, grey) => {
    const brush = canvas.getContext('2d'), pixels = brush.createImageData(28, 28);
    for (let i = 0; i < 784; i++) {
      const v = Math.round(255 * Math.min(Math.max(grey(i), 0), 1));
      pixels.data.set([v, v, v, 255], 4 * i);
    }
    brush.putImageData(pixels, 0, 0);
  };

  home.liveAttack = (root, data) => {
    const one = s => root.querySelector(s), all = s => [...root.querySelectorAll(s)];
    const problem = one('.rl-problem'), said = one('.rl-said'), eps = one('.rl-eps'), steps = one('.rl-steps');
    const chosen = kind => one('.rl-' + kind + ' input:checked').value;
    let networks;
    try {
      networks = all('.rl-network').map(part => ({part, name: part.dataset.name, net: home.stored(part.dataset.network)}));
    } catch (error) {
      problem.textContent = error.message + ' Below is a stored picture of what would be computed here.';
      return;
    }
    const bytes = Uint8Array.from(atob(data.digits), c => c.charCodeAt(0));
    const digit = i => Float64Array.from(bytes.subarray(784 * i, 784 * i + 784), v => v / 255);
    all('.rl-pick canvas').forEach((canvas, i) => draw(canvas, j => digit(i)[j]));

    const label = one('.rl-is'), words = one('.rl-pen');
    let asked = false, told = false;
    const soon = () => {
      if (!asked) requestAnimationFrame(show);
      asked = true;
    };
    const pad = home.drawingPad(one('.rl-pad'), text => words.textContent = text, soon);

    const read = (at, x, y) => {
      const radius = +eps.value, many = +steps.value, fgsm = chosen('method') === 'FGSM';
      const moved = fgsm ? home.fgsm(at.net, x, y, radius) : home.pgd(at.net, x, y, radius, many);
      const p = home.probabilities(at.net.logits(moved)), best = p.indexOf(Math.max(...p));
      const gain = radius ? 0.5 / radius : 1, times = gain < 9.95 ? +gain.toFixed(1) : Math.round(gain);
      const [clean, change, attacked] = at.part.querySelectorAll('canvas');
      draw(clean, i => x[i]);
      draw(change, i => 0.5 + gain * (moved[i] - x[i]));
      draw(attacked, i => moved[i]);
      at.part.querySelector('.rl-gain').textContent = radius ? 'change × ' + times : 'no change';
      change.setAttribute('aria-label', radius ? 'the change, magnified ' + times + ' times, around grey' : 'no change: plain grey');
      attacked.setAttribute('aria-label', 'what ' + at.name + ' is shown');
      at.part.dataset.right = best === y ? 1 : 0;
      at.part.querySelector('.rl-reads').textContent = 'reads ' + a(best) + ' ' + (best === y ? '✓' : '✗');
      at.part.querySelectorAll('.rl-bar').forEach((bar, k) => {
        bar.style.setProperty('--p', p[k]);
        bar.dataset.kind = k === y ? 'label' : k === best ? 'wrong' : '';
        bar.lastChild.textContent = Math.round(100 * p[k]) + '\u00a0%';
      });
      const order = [...p.keys()].sort((i, j) => p[j] - p[i]).slice(0, 3).map(k => k + ' ' + percent(p[k]));
      at.part.querySelector('.rl-bars').setAttribute('aria-label', at.name + ', probability of each class: ' + order.join(', '));
      return at.name + ' reads ' + a(best) + ' (' + percent(p[best]) + '), ' + (best === y ? 'right' : 'wrong');
    };

    const name = () => {
      const fgsm = chosen('method') === 'FGSM', radius = (+eps.value).toFixed(2);
      one('.rl-draw').hidden = chosen('pick') !== 'drawn';
      steps.disabled = fgsm;
      one('.rl-eps-value').textContent = radius;
      eps.setAttribute('aria-valuetext', 'eps = ' + radius);
      one('.rl-steps-value').textContent = fgsm ? '1, always' : steps.value;
    };

    const show = () => {
      asked = false;
      const drawn = chosen('pick') === 'drawn', fgsm = chosen('method') === 'FGSM', radius = +eps.value;
      const blank = drawn && pad.blank();
      one('.rl-both').hidden = blank;
      if (blank) {
        told = false;
        said.textContent = 'The pad is blank: draw a digit on it, or pick one of the ten.';
        return;
      }
      const i = +chosen('pick'), x = drawn ? pad.image() : digit(i);
      if (drawn && !told) {
        const logits = networks[0].net.logits(x);
        label.value = logits.indexOf(Math.max(...logits));
      }
      const y = drawn ? +label.value : data.labels[i];
      const how = radius ? (fgsm ? 'FGSM' : 'PGD of ' + steps.value + (steps.value === '1' ? ' step' : ' steps')) + ', eps ' + radius.toFixed(2) : 'No attack yet, eps 0';
      const found = networks.map(at => read(at, x, y));
      said.textContent = how + '. The digit is ' + a(y) + '. ' + found.map(text => text[0].toUpperCase() + text.slice(1)).join('. ') + '.';
    };

    label.addEventListener('change', () => {
      told = true;
      soon();
    });
    one('.rl-clear').addEventListener('click', pad.clear);
    root.addEventListener('input', () => {
      name();
      soon();
    });
    one('.rl-stored').hidden = true;
    one('.rl-controls').hidden = false;
    problem.textContent = '';
    name();
    show();
  };
})();
