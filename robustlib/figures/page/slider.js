/*
What the range input of a control does when it moves: it picks the words of position i, which were all made beforehand,
and hands i to the style sheet, which moves the pictures. It stands in the input's `oninput`, because a stored output
may be inserted without running its scripts, and reads everything from `data-d`.

e the input; r its control; i the position; d the words; q all elements below one; j the number of a panel or row.
*/
(e => {
  const r = e.closest('.rl-frames'),
    i = +e.value,
    d = JSON.parse(r.dataset.d),
    q = (o, s) => [...o.querySelectorAll(s)];
  r.style.setProperty('--i', i);
  e.setAttribute('aria-valuetext', d.said[i]);
  q(r, '.rl-value')[0].textContent = d.value[i];
  q(r, '.rl-sum').forEach((o, j) => o.textContent = d.sum[j][i]);
  q(r, '.rl-panel').forEach((o, j) => {
    const t = d.text[j][i];
    o.dataset.right = d.right[j][i];
    q(o, '.rl-text')[0].textContent = t;
    q(o, '.rl-pic')[0].setAttribute('aria-label', d.alt + ', ' + d.name[j] + d.value[i] + ': ' + t);
  });
})(this);
