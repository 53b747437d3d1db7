/* Small manners of every page. All of them work without it. */

const UNITS = [["minute", 60, 3600], ["hour", 3600, 86400], ["day", 86400, 7 * 86400]];
// Narrow is "5m ago" in English, but "-5 мин" in Russian, where short says "5 мин. назад".
const { lang } = document.documentElement;
const words = new Intl.RelativeTimeFormat(lang, { style: lang === "en" ? "narrow" : "short" });

/** Say how long ago a moment was; from a week on the page's own words stay. */
function ago(moment) {
  const seconds = (Date.now() - moment) / 1000;
  const unit = UNITS.find(([, least, most]) => seconds >= least && seconds < most);
  return unit && words.format(-Math.floor(seconds / unit[1]), unit[0]);
}

function refreshTimes() {
  for (const time of document.querySelectorAll("time:not([data-fixed])")) {
    const text = ago(new Date(time.dateTime));
    if (text) time.textContent = text;
  }
}
setInterval(refreshTimes, 60_000);
document.addEventListener("times", refreshTimes);
document.addEventListener("visibilitychange", () => document.hidden || refreshTimes());

for (const field of document.querySelectorAll("[data-time-zone]")) {
  field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

document.querySelector("main [aria-invalid=true]")?.focus();

/* A publisher's image that is gone leaves no hole. */
const isBroken = (image) => image.complete && !image.naturalWidth && image.loading !== "lazy";
document.querySelectorAll("main img").forEach((image) => isBroken(image) && image.remove());
document.addEventListener("error", (event) => {
  if (event.target instanceof HTMLImageElement) event.target.remove();
}, true);

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("submit", (event) => event.target.setAttribute("aria-busy", "true"));
addEventListener("pageshow", () => {
  document.querySelectorAll("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy"));
});
