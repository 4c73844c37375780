// Keys of the review room. Nothing here is needed: every key follows a link that is on the page.
//   j / k  next and previous step or row      n / f  next exception, first failed      b  keep my place
// A key does nothing while something is being typed, or with Ctrl, Alt or Meta held (WCAG 2.1.4: they can be switched off, too).
(() => {
  "use strict";
  const OFF = "csvgen-keys-off";
  const typing = (node) => node.closest("input, textarea, select, [contenteditable]") !== null;
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((n) => n.offsetParent !== null);
  const follow = (name) => {
    const link = document.querySelector(`[data-key="${name}"]`);
    if (link) link.click();
    return link !== null;
  };
  const move = (by) => {
    const rows = visible("[data-row]");
    if (rows.length === 0) return;
    const at = rows.findIndex((row) => row.classList.contains("here"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by))];
    rows.forEach((row) => row.classList.remove("here"));
    next.classList.add("here");
    next.scrollIntoView({ block: "nearest" });
    const link = next.querySelector("a");
    (link || next).focus({ preventScroll: true });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || typing(event.target)) return;
    if (localStorage.getItem(OFF) === "yes" && event.key !== "?") return;
    if (event.key === "j" || event.key === "k") {
      if (!follow(event.key)) move(event.key === "j" ? 1 : -1);
    } else if (event.key === "n" || event.key === "f" || event.key === "b") {
      if (!follow(event.key)) return;
    } else {
      return;
    }
    event.preventDefault();
  });
  const shown = () => {
    document.querySelectorAll("[data-keys-switch]").forEach((button) => {
      button.hidden = false;
      const off = localStorage.getItem(OFF) === "yes";
      button.textContent = off ? "Switch the keys j k n f b on" : "Switch the keys j k n f b off";
      button.setAttribute("aria-pressed", String(off));
    });
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-switch]")) {
      localStorage.setItem(OFF, localStorage.getItem(OFF) === "yes" ? "no" : "yes");
      shown();
    }
  });
  document.addEventListener("DOMContentLoaded", shown);
  if (document.readyState !== "loading") shown();
})();
// What is typed into a field of dots can be looked at, by whoever typed it.
(() => {
  "use strict";
  document.querySelectorAll("input[type=password]").forEach((field) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quietly look";
    const say = () => {
      const seen = field.type === "text";
      button.textContent = seen ? "Hide it" : "Show what is typed";
      button.setAttribute("aria-pressed", String(seen));
    };
    button.addEventListener("click", () => { field.type = field.type === "text" ? "password" : "text"; say(); });
    if (field.form) field.form.addEventListener("submit", () => { field.type = "password"; });
    field.after(button);
    say();
  });
})();
// The sheet of a signature shows how it will print as it is filled in.
(() => {
  "use strict";
  const show = (form) => {
    const data = new FormData(form);
    form.querySelectorAll("[data-shows]").forEach((place) => {
      place.dataset.before ??= place.textContent;
      place.textContent = String(data.get(place.dataset.shows) || "").trim() || place.dataset.before;
    });
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-sign]");
    if (form) show(form);
  });
})();
