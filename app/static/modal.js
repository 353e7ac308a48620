"use strict";
// Loaded by shops into their own pages as /modal/btcpay.js: shows the checkout page of an invoice above the shop's page.
// The frame stays invisible until the checkout says that it is drawn, and is heard only while it is there and only if
// it speaks from the server's own origin.
(() => {
  if (window.btcpay) {
    console.warn("btcpay.js was loaded already; the second copy does nothing");
    return;
  }
  const script = document.currentScript;
  const nothing = () => {};
  let root = script ? script.src.replace(/[?#].*$/, "").replace(/\/modal\/btcpay\.js$/, "") : "";
  let frame = null, origin = "", willEnter = nothing, willLeave = nothing, received = nothing;

  const page = (invoiceId, options) => {
    const { paymentMethodId, animateEntrance } = typeof options === "string" ? { paymentMethodId: options } : options || {};
    const id = encodeURIComponent(invoiceId);
    const path = paymentMethodId ? `/i/${id}/${encodeURIComponent(paymentMethodId)}?` : `/invoice?id=${id}&`;
    return `${root}${path}view=modal${animateEntrance === false ? "&animateEntrance=false" : ""}`;
  };

  const append = (invoiceId, options) => {
    if (frame) frame.remove();
    frame = document.createElement("iframe");
    frame.name = "btcpay";
    frame.title = "Payment";
    frame.allow = "clipboard-read; clipboard-write";
    Object.assign(frame.style, {
      position: "fixed", inset: "0", width: "100%", height: "100%", border: "0", margin: "0", zIndex: "2000",
      visibility: "hidden", background: "transparent", colorScheme: "light dark",
    });
    frame.src = page(invoiceId, options);
    origin = new URL(frame.src).origin;
    document.body.append(frame);
  };

  const show = () => {
    if (!frame || frame.style.visibility === "visible") return;
    willEnter();
    frame.style.visibility = "visible";
    frame.focus();
  };

  const hide = () => {
    if (!frame) return;
    willLeave();
    frame.remove();
    frame = null;
  };

  // A wallet's link is followed by the shop's page, for a frame may be forbidden to open other programs. Nothing else is.
  const follow = (address) => {
    if (typeof address === "string" && /^bitcoin:[a-z0-9]/i.test(address)) window.location.href = address;
  };

  const isOurs = (event) => Boolean(frame) && event.source === frame.contentWindow && event.origin === origin;

  window.addEventListener("message", (event) => {
    if (!isOurs(event)) return;
    if (event.data === "loaded") show();
    else if (event.data === "close") hide();
    else if (event.data && event.data.open) follow(event.data.open);
    received(event);
  });

  const handler = (given) => (typeof given === "function" ? given : nothing);

  window.btcpay = {
    showInvoice: append,
    appendInvoiceFrame: append,
    appendAndShowInvoiceFrame: (invoiceId, options) => { append(invoiceId, options); show(); },
    showFrame: show,
    hideFrame: hide,
    onModalWillEnter: (given) => { willEnter = handler(given); },
    onModalWillLeave: (given) => { willLeave = handler(given); },
    onModalReceiveMessage: (given) => { received = handler(given); },
    setApiUrlPrefix: (url) => { root = String(url).replace(/\/+$/, ""); },
  };
})();
