/* The stage of one file: waits until it can be played, plays it, and moves to what is better without losing the place. */
import { Qualities } from "./quality.js";

const HLS = "application/vnd.apple.mpegurl";
const RECOVERIES = 3;

const CONTROLS = `
<media-loading-indicator slot="centered-chrome" noautohide></media-loading-indicator>
<media-settings-menu anchor="auto" hidden>
  <media-settings-menu-item class="of-hls">Quality
    <media-rendition-menu slot="submenu" hidden><div slot="title">Quality</div></media-rendition-menu>
  </media-settings-menu-item>
  <media-settings-menu-item>Speed
    <media-playback-rate-menu slot="submenu" hidden><div slot="title">Speed</div></media-playback-rate-menu>
  </media-settings-menu-item>
  <media-settings-menu-item class="of-hls">Captions
    <media-captions-menu slot="submenu" hidden><div slot="title">Captions</div></media-captions-menu>
  </media-settings-menu-item>
</media-settings-menu>
<media-control-bar class="top-bar"><media-time-range></media-time-range></media-control-bar>
<media-control-bar>
  <media-play-button></media-play-button>
  <media-seek-backward-button class="roomy" seekoffset="10"></media-seek-backward-button>
  <media-seek-forward-button class="roomy" seekoffset="10"></media-seek-forward-button>
  <media-mute-button></media-mute-button>
  <media-volume-range class="roomy"></media-volume-range>
  <media-time-display showduration></media-time-display>
  <span class="spacer"></span>
  <media-captions-button></media-captions-button>
  <media-settings-menu-button></media-settings-menu-button>
  <media-pip-button class="roomy"></media-pip-button>
  <media-fullscreen-button></media-fullscreen-button>
</media-control-bar>`;

const SOUND_CONTROLS = `
<media-control-bar>
  <media-play-button></media-play-button>
  <media-time-display showduration></media-time-display>
  <media-time-range></media-time-range>
  <media-playback-rate-button class="roomy"></media-playback-rate-button>
  <media-mute-button></media-mute-button>
  <media-volume-range class="roomy"></media-volume-range>
</media-control-bar>`;

export class Player {
  #stage;
  #media = null;
  #hls = null;
  #Hls = null;
  #shown = "";
  #qualities = new Qualities();

  constructor(stage) {
    this.#stage = stage;
  }

  get media() {
    return this.#media;
  }

  /* Shows a file as it is now. renew: also where only the links are others. */
  async show(playback, { renew = false } = {}) {
    if (!playback.playable) {
      this.#wait(playback);
      return;
    }
    const best = `${playback.hls ? "hls" : "file"} ${playback.generation}`;
    if (best === this.#shown && !renew) {
      return;
    }
    this.#shown = best;
    if (this.#media === null) {
      await this.#build(playback);
    }
    this.#storyboard(playback);
    this.#load(playback);
  }

  #wait(playback) {
    const bar = this.#stage.querySelector(".waiting progress");
    if (bar && playback.progress !== null) {
      bar.value = playback.progress;
    }
    const text = this.#stage.querySelector(".waiting p");
    if (text && playback.state !== "waiting") {
      text.textContent = wording(playback);
    }
  }

  /* Without the controls or hls.js the browser's own do. */
  async #build(playback) {
    const kind = playback.kind === "audio" ? "audio" : "video";
    const media = this.#stage.querySelector(kind) ?? document.createElement(kind);
    // Even the same value again would load it anew.
    if (media.crossOrigin !== "anonymous") {
      media.crossOrigin = "anonymous";
    }
    media.playsInline = true;
    media.controls = true;
    media.preload = "metadata";
    if (playback.poster && kind === "video") {
      media.poster = playback.poster;
    }
    media.videoRenditions = this.#qualities;
    this.#media = media;
    const [hls, controls] = await Promise.allSettled([import("./vendor/hls.min.mjs"), import("./vendor/media-chrome.js")]);
    this.#Hls = hls.status === "fulfilled" && hls.value.default.isSupported() ? hls.value.default : null;
    if (controls.status === "fulfilled") {
      this.#dress(media, kind, playback);
    } else {
      this.#stage.replaceChildren(media);
    }
  }

  #dress(media, kind, playback) {
    const controller = document.createElement("media-controller");
    controller.innerHTML = kind === "audio" ? SOUND_CONTROLS : CONTROLS;
    if (kind === "audio") {
      controller.setAttribute("audio", "");
    } else if (playback.width && playback.height) {
      controller.style.setProperty("--shape", `${playback.width} / ${playback.height}`);
    }
    media.controls = false;
    media.slot = "media";
    const cover = this.#stage.querySelector(".cover");
    controller.prepend(media);
    this.#stage.replaceChildren(...(cover ? [cover] : []), controller);
  }

  #storyboard(playback) {
    const old = this.#media.querySelector("track");
    if (!playback.storyboard || playback.kind === "audio" || old?.src === playback.storyboard) {
      return;
    }
    const track = document.createElement("track");
    track.kind = "metadata";
    track.label = "thumbnails";
    track.default = true;
    track.src = playback.storyboard;
    old?.remove();
    this.#media.append(track);
  }

  #load(playback) {
    const media = this.#media;
    const native = playback.sources.find((source) => media.canPlayType(source.type)) ?? playback.sources[0];
    const streams = playback.hls && this.#Hls;
    if (!streams && this.#hls === null && media.currentSrc === native.src && media.error === null) {
      // The page came with it, and somebody may have begun to watch before the scripts were there.
      this.#offer(playback);
      return;
    }
    const place = { time: media.currentTime, playing: !media.paused && !media.ended, rate: media.playbackRate };
    const captions = [...media.textTracks].find((track) => track.kind !== "metadata" && track.mode === "showing");
    const going = this.#hls !== null || media.readyState > 0;
    this.#hls?.destroy();
    this.#hls = null;
    media.querySelectorAll("source").forEach((source) => source.remove());
    this.#offer(playback);
    const resume = () => {
      media.playbackRate = place.rate;
      if (place.playing) {
        media.play().catch(() => {});
      }
    };
    if (streams) {
      this.#stream(playback, going || place.time > 0 ? place.time : -1, captions?.language, resume);
      return;
    }
    media.src = native.src;
    // Before it is loaded this is where it will begin, unless somebody goes elsewhere meanwhile.
    media.currentTime = place.time;
    resume();
  }

  #offer(playback) {
    for (const item of this.#stage.querySelectorAll(".of-hls")) {
      item.hidden = !playback.hls;
    }
  }

  #stream(playback, time, language, resume) {
    const hls = new this.#Hls({ startPosition: time, enableWorker: false, capLevelToPlayerSize: true });
    let recoveries = RECOVERIES;
    hls.on(this.#Hls.Events.MANIFEST_PARSED, () => {
      this.#qualities.fill(hls.levels, (index) => (hls.nextLevel = index));
      resume();
    });
    hls.on(this.#Hls.Events.SUBTITLE_TRACKS_UPDATED, () => {
      const wanted = hls.subtitleTracks.findIndex((track) => language && track.lang === language);
      if (wanted >= 0) {
        hls.subtitleTrack = wanted;
      }
    });
    hls.on(this.#Hls.Events.ERROR, (_, error) => {
      if (!error.fatal) {
        return;
      }
      if (error.type === "mediaError" && recoveries-- > 0) {
        hls.recoverMediaError();
      } else if (error.type === "networkError" && recoveries-- > 0 && hls.levels.length) {
        hls.startLoad();
      } else {
        this.#fallBack(playback);
      }
    });
    this.#hls = hls;
    hls.loadSource(playback.hls);
    hls.attachMedia(this.#media);
  }

  #fallBack(playback) {
    const sources = playback.sources.filter((source) => source.type !== HLS);
    if (sources.length) {
      this.#load({ ...playback, hls: null, sources });
    }
  }
}

/* What people read while they wait. */
export function wording({ progress, eta }) {
  const share = progress === null ? "" : ` ${Math.round(progress * 100)} %`;
  const left = eta ? `, about ${eta < 90 ? `${Math.ceil(eta)} s` : `${Math.ceil(eta / 60)} min`} left` : "";
  return `Being made ready to play …${share}${left}`;
}
