"use strict";
// Follows the invoice live. The server draws every state; this script asks for news, puts the new drawing in place of
// the old one, counts down by the server's seconds and copies. Without it the page refreshes itself.
// Inside a shop's page (?view=modal, put there by modal.js) it tells that page what happens.
(() => {
  const SOON = 120, EVERY = 2000, RARELY = 10000, SLOWEST = 30000, FULL = 60000, SHOWN = 2000, RETURN = 5000;
  const announcer = document.getElementById("announcer");
  const main = document.getElementById("checkout");
  const inShop = document.body.classList.contains("modal") && window.parent !== window;
  let ends = 0, etag = "", delay = EVERY, next = 0, later = 0, looking = false, again = false, line = null;

  const say = (text) => { announcer.textContent = ""; setTimeout(() => { announcer.textContent = text; }, 50); };
  // The shop's page may be anywhere. What it is told is no secret from it, and modal.js hears us alone.
  const tell = (message) => { if (inShop) window.parent.postMessage(message, "*"); };
  // What a screen reader would read of it.
  const plain = (element) => {
    const copy = element.cloneNode(true);
    for (const unread of copy.querySelectorAll("[aria-hidden=true]")) unread.remove();
    return copy.textContent.replace(/\s+/g, " ").trim();
  };

  const clock = (seconds) => {
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  };

  const count = () => {
    const left = document.getElementById("left");
    if (!left) return;
    const seconds = Math.max(0, Math.round((ends - performance.now()) / 1000));
    left.textContent = clock(seconds);
    left.closest(".timer").classList.toggle("soon", seconds < SOON);
    if (seconds === 0) look();
  };

  const copy = async (text) => {
    try { return await navigator.clipboard.writeText(text); } catch { /* no permission, or a page without TLS */ }
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "unseen", readOnly: true });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };

  const wire = () => {
    const left = document.getElementById("left");
    if (left) ends = performance.now() + Number(left.dataset.seconds) * 1000;
    for (const button of main.querySelectorAll("[data-copy]")) {
      const label = button.lastElementChild, text = label.textContent;
      button.hidden = false;
      button.addEventListener("click", async () => {
        await copy(button.dataset.copy);
        button.focus();
        button.classList.add("done");
        label.textContent = main.dataset.copied;
        say(button.dataset.done);
        setTimeout(() => { button.classList.remove("done"); label.textContent = text; }, SHOWN);
      });
    }
    const close = document.getElementById("close");
    if (close && inShop) {
      close.hidden = false;
      close.addEventListener("click", () => tell("close"));
    }
    for (const link of inShop ? main.querySelectorAll('a[href^="bitcoin:"]') : []) {
      link.addEventListener("click", (event) => { event.preventDefault(); tell({ open: link.href }); });
    }
    const print = document.getElementById("print");
    if (print) {
      print.hidden = false;
      print.addEventListener("click", () => window.print());
    }
    const back = main.querySelector("[data-returns]");
    if (back) {
      document.getElementById("returning").hidden = false;
      setTimeout(() => back.click(), RETURN);
    }
  };

  const redraw = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const drawn = fresh.getElementById("checkout");
    const renamed = drawn.dataset.name !== main.dataset.name;
    const moved = drawn.dataset.state !== main.dataset.state, open = Boolean(main.querySelector("details[open]"));
    Object.assign(main.dataset, drawn.dataset);
    main.replaceChildren(...drawn.childNodes);
    document.title = fresh.title;
    for (const details of main.querySelectorAll("details")) details.open = open;
    wire();
    count();
    if (moved) main.querySelector("h1").focus();
    say(plain(main.querySelector(".state")));
    if (renamed) tell({ invoiceId: main.dataset.invoice, status: main.dataset.name });
  };

  const seen = (news) => `${news.state} ${news.due} ${news.paid} ${news.receivedConfirmations ?? "None"}`;

  const ask = async () => {
    if (!main.dataset.status) return false;  // a free invoice: there is nothing to ask for
    const answer = await fetch(main.dataset.status, { headers: etag ? { "If-None-Match": etag } : {} });
    if (answer.status === 304) return false;
    if (!answer.ok) throw new Error(answer.statusText);
    const news = await answer.json();
    ends = performance.now() + news.expirationSeconds * 1000;
    if (seen(news) !== main.dataset.seen) await redraw();
    etag = answer.headers.get("ETag") || "";
    return true;
  };

  const isOver = () => main.dataset.final === "true";

  // Looks when the server says so, and seldom besides. Without its word: after two seconds, then more and more rarely
  // while nothing happens or nobody answers. Not at all once nothing can change by itself, or while nobody sees the page.
  async function look() {
    if (looking) { again = true; return; }
    looking = true;
    clearTimeout(next);
    do {
      again = false;
      try { delay = await ask() ? EVERY : Math.min(delay * 1.2, RARELY); } catch { delay = Math.min(delay * 2, SLOWEST); }
    } while (again);
    looking = false;
    if (isOver()) hangUp();
    else if (!document.hidden) next = setTimeout(look, line && line.readyState === EventSource.OPEN ? SLOWEST : delay);
  }

  // Each line is one of the few connections that a browser has for us: a page that nobody sees lets go of its own.
  const hangUp = () => { if (line) line.close(); line = null; };
  const ring = () => {
    clearTimeout(later);
    if (line || isOver() || document.hidden || !main.dataset.events || !window.EventSource) return;
    line = new EventSource(main.dataset.events);
    line.onmessage = look;
    line.addEventListener("end", () => { hangUp(); look(); });
    line.onerror = () => {
      if (line && line.readyState === EventSource.CLOSED) { hangUp(); later = setTimeout(ring, FULL); }
      clearTimeout(next);
      if (!looking) next = setTimeout(look, delay);
    };
  };

  // Somebody who comes back from the wallet wants to know now, a late payment included.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { hangUp(); return; }
    etag = "";
    look();
    ring();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tell("close"); });
  wire();
  count();
  tell("loaded");
  if (document.body.classList.contains("prints")) window.print();
  setInterval(count, 1000);
  if (!isOver()) next = setTimeout(look, EVERY);
  ring();
})();
