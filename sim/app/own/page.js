// Puts the keyboard back where it was when a scene is drawn anew under it.
(() => {
  let last = null;
  document.addEventListener("focusin", (event) => { last = event.target.id || null; });
  window.refocus = () => setTimeout(() => {
    if (document.activeElement === document.body && last) document.getElementById(last)?.focus();
  }, 50);
})();
