/*
A pad to draw a digit on, by pointer or by keyboard, and the digit as MNIST would have it.

  robustlib.drawingPad(canvas, say, changed) -> {clear, blank, image}
      canvas    square, with a tabindex; say(words) is told where the keyboard's pen is; changed() is called after a stroke
      blank()   whether nothing is drawn
      image()   Float64Array of 784 in [0, 1], white on black

MNIST scales a digit into a box of 20 pixels and moves its centre of mass to the middle. The pad keeps strokes as line
segments, so both are exact, and draws them with a soft pen two pixels wide.
*/
(() => {
  const home = window.robustlib = window.robustlib || {}, MIDDLE = 13.5, REACH = 1.6, BOX = 18;

  const paint = segments => {
    const x = new Float64Array(784);
    for (const [a, b, c, d] of segments) {
      const dx = c - a, dy = d - b, square = dx * dx + dy * dy;
      for (let i = 0; i < 784; i++) {
        const px = i % 28 - a, py = Math.floor(i / 28) - b;
        const t = square ? Math.min(Math.max((px * dx + py * dy) / square, 0), 1) : 0;
        x[i] = Math.max(x[i], Math.min(1, REACH - Math.hypot(px - t * dx, py - t * dy)));
      }
    }
    return x;
  };

  const moved = (segments, scale, dx, dy) => segments.map(([a, b, c, d]) => [a * scale + dx, b * scale + dy, c * scale + dx, d * scale + dy]);

  const digit = segments => {
    const across = segments.flatMap(s => [s[0], s[2]]), down = segments.flatMap(s => [s[1], s[3]]);
    const [left, top] = [Math.min(...across), Math.min(...down)];
    const size = Math.max(Math.max(...across) - left, Math.max(...down) - top, 4), scale = BOX / size;
    const boxed = moved(segments, scale, MIDDLE - BOX / 2 - left * scale, MIDDLE - BOX / 2 - top * scale);
    const x = paint(boxed), mass = x.reduce((sum, v) => sum + v, 0);
    const mx = x.reduce((sum, v, i) => sum + v * (i % 28), 0) / mass;
    const my = x.reduce((sum, v, i) => sum + v * Math.floor(i / 28), 0) / mass;
    return paint(moved(boxed, 1, MIDDLE - mx, MIDDLE - my));
  };

  home.drawingPad = (canvas, say, changed) => {
    const brush = canvas.getContext('2d'), unit = canvas.width / 28;
    let segments = [], last = null, pen = [14, 14], down = false, shown = false;

    const show = () => {
      brush.fillStyle = '#000000';
      brush.fillRect(0, 0, canvas.width, canvas.height);
      brush.strokeStyle = '#FFFFFF';
      brush.lineWidth = 2.4 * unit;
      brush.lineCap = 'round';
      for (const [a, b, c, d] of segments) {
        brush.beginPath();
        brush.moveTo(a * unit, b * unit);
        brush.lineTo(c * unit, d * unit);
        brush.stroke();
      }
      if (shown) {
        brush.strokeStyle = down ? '#F0AE1E' : '#6CC4F5';
        brush.lineWidth = unit / 2;
        brush.beginPath();
        brush.arc(pen[0] * unit, pen[1] * unit, 1.6 * unit, 0, 7);
        brush.stroke();
      }
    };
    const stroke = (from, to) => {
      segments.push([...from, ...to]);
      show();
      changed();
    };
    const clear = () => {
      segments = [];
      down = false;
      show();
      changed();
    };
    const place = event => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width * 28, (event.clientY - box.top) / box.height * 28];
    };

    canvas.addEventListener('pointerdown', event => {
      event.preventDefault();
      canvas.focus({preventScroll: true});
      shown = false;
      canvas.setPointerCapture(event.pointerId);
      last = place(event);
      stroke(last, last);
    });
    canvas.addEventListener('pointermove', event => {
      if (!last) return;
      const now = place(event);
      if (Math.hypot(now[0] - last[0], now[1] - last[1]) < 0.4) return;
      stroke(last, now);
      last = now;
    });
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => last = null);

    canvas.addEventListener('keydown', event => {
      const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
      const wipes = event.key === 'Delete' || event.key === 'Backspace';
      if (event.ctrlKey || event.altKey || event.metaKey || !(step || wipes || event.key === ' ')) return;
      event.preventDefault();
      shown = true;
      if (wipes) clear();
      if (event.key === ' ') down = !down;
      const to = step ? pen.map((v, i) => Math.min(Math.max(v + step[i], 1), 27)) : pen;
      if (down) stroke(pen, to);
      pen = to;
      show();
      say('pen ' + (down ? 'down' : 'up') + ', column ' + pen[0] + ', row ' + pen[1] + (segments.length ? '' : ', nothing drawn'));
    });
    canvas.addEventListener('blur', () => {
      shown = false;
      show();
    });

    show();
    return {clear, blank: () => !segments.length, image: () => digit(segments)};
  };
})();
