/* A text area for Python: Tab indents, Shift+Tab takes back, Enter keeps the indent, Escape then Tab leaves. */
function editorOf(area, run) {
  let leaving = false;
  const write = text => {
    /* The browser's own command keeps Undo; where it is gone, the text is set. */
    if (!document.execCommand("insertText", false, text))
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  };
  const line = () => {
    const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    return {start, text: area.value.slice(start, area.selectionStart)};
  };
  area.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    } else if (event.key === "Escape") {
      leaving = true;
      return;
    } else if (event.key === "Tab" && !leaving && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      const {start, text} = line(), at = area.selectionStart;
      if (!event.shiftKey) write(" ".repeat(4 - (text.length % 4)));
      else if (/^ {1,4}/.test(area.value.slice(start))) {
        const cut = area.value.slice(start).match(/^ {1,4}/)[0].length;
        area.setRangeText("", start, start + cut, "preserve");
        area.setSelectionRange(Math.max(start, at - cut), Math.max(start, at - cut));
      }
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      const {text} = line();
      write("\n" + text.match(/^ */)[0] + (/:\s*$/.test(text) ? "    " : ""));
    }
    leaving = leaving && event.key === "Shift";
  });
}
