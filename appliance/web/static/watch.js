/* A file's own page: keeps its stage at what is there, without ever being reloaded. */
import { copyText } from "./copying.js";
import { Player } from "./player.js";

const WAITING_MS = 1500;
const FINAL_MS = 30_000;
const RENEW_BEFORE_MS = 5 * 60_000;

const stage = document.getElementById("stage");
const note = document.getElementById("note");
const player = new Player(stage);
let playback = JSON.parse(stage.dataset.playback);
let timer = 0;

/* Links that end soon are changed for those that end later, where there are such: a share may be over before. */
function mustRenew(fresh) {
  if (playback.expiresAt === null || fresh.expiresAt === null) {
    return false;
  }
  const ends = Date.parse(playback.expiresAt);
  return ends - Date.now() < RENEW_BEFORE_MS && Date.parse(fresh.expiresAt) - ends > RENEW_BEFORE_MS;
}

async function look() {
  clearTimeout(timer);
  try {
    const answer = await fetch(stage.dataset.stateUrl, { cache: "no-store" });
    if (answer.status === 404 || answer.status === 403) {
      gone();
      return;
    }
    if (answer.ok) {
      await take(await answer.json());
    }
  } catch {
    // No connection at the moment: what plays goes on playing, and the next look may find one.
  }
  timer = setTimeout(look, playback.final ? FINAL_MS : WAITING_MS);
}

async function take(fresh) {
  const renew = mustRenew(fresh);
  const changed = isOther(fresh);
  // The links that play count until they are changed.
  const ends = renew || playback.generation !== fresh.generation || playback.playable !== fresh.playable ? fresh.expiresAt : playback.expiresAt;
  playback = { ...fresh, expiresAt: ends };
  if (changed) {
    location.reload();
    return;
  }
  if (fresh.kind === "video" || fresh.kind === "audio") {
    await player.show(playback, { renew });
  }
  const download = document.getElementById("download");
  if (download && fresh.download) {
    download.href = fresh.download;
  }
  if (note && fresh.error) {
    note.textContent = `This file could not be processed: ${fresh.error}`;
  }
}

/* Only what waits and turns out to be no film or sound needs another page. */
function isOther(fresh) {
  const waited = !playback.playable && stage.querySelector(".waiting") !== null;
  return waited && !fresh.playable && !fresh.awaited;
}

function gone() {
  stage.textContent = "";
  if (note) {
    note.textContent = "This file is not here any more.";
  }
}

function offerCopy() {
  const button = document.getElementById("copy");
  if (!button) {
    return;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copyText(location.href);
    button.textContent = done ? "Copied" : "Copy the address bar's text";
    setTimeout(() => (button.textContent = "Copy link"), 2000);
  });
}

offerCopy();
if (playback.kind === "video" || playback.kind === "audio") {
  await player.show(playback);
}
if (stage.querySelector(".icon") === null || !playback.final) {
  timer = setTimeout(look, playback.final ? FINAL_MS : WAITING_MS);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
