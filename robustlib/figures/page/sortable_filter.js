/*
The two menus leave the rows of one table, or of one word, in sight, open what is left, and say how many rows it is.
It stands in the box's `onchange`.

r the box; p the table that is wanted; w the word; n the rows in sight; f a folded table; x a row; m its rows in sight.
*/
(r => {
  const [p, w] = [...r.querySelectorAll('select')].map(s => s.value);
  let n = 0;
  r.querySelectorAll('details').forEach(f => {
    let m = 0;
    const k = +f.dataset.k;
    [...f.querySelector('tbody').rows].forEach(x => {
      const s = (!p || f.dataset.p === p) && (!w || x.cells[k].textContent === w);
      x.hidden = !s;
      m = m + s;
    });
    f.hidden = !m;
    f.open = m > 0 && (p !== '' || w !== '');
    n = n + m;
  });
  r.querySelector('output').textContent = n;
})(this);
