/*
A click on the name of a column puts the rows of its table in the order of that column, a second click in the other.
Numbers go by value and before words, absent entries last. It stands in the box's `onclick`, as the slider's does.

r the box; e the click; b the button; h its head; t the table; o the rows' body; k the column; d the direction;
v the value of a row; a what is absent.
*/
((r, e) => {
  const b = e.target.closest('th button');
  if (!b) {
    return;
  }
  const h = b.parentNode,
    t = h.closest('table'),
    o = t.tBodies[0],
    k = h.cellIndex,
    d = h.getAttribute('aria-sort') === 'ascending' ? -1 : 1,
    a = ['', '–', 'not run'],
    v = x => {
      const s = x.cells[k].textContent.trim(),
        n = parseFloat(s);
      return a.includes(s) ? null : isNaN(n) ? s : n;
    },
    c = (x, y) => {
      const p = v(x),
        q = v(y);
      if (p === null || q === null) {
        return (p === null) - (q === null);
      }
      if (typeof p !== typeof q) {
        return typeof p === 'number' ? -1 : 1;
      }
      return d * (typeof p === 'number' ? p - q : p.localeCompare(q, 'en', {numeric: true}));
    };
  t.querySelectorAll('[aria-sort]').forEach(x => x.removeAttribute('aria-sort'));
  h.setAttribute('aria-sort', d > 0 ? 'ascending' : 'descending');
  o.append(...[...o.rows].sort(c));
})(this, event);
