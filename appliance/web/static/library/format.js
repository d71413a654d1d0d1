/* Figures as people read them. */
const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit ? `${Number(value.toPrecision(3))} ${UNITS[unit]}` : `${bytes} bytes`;
}

export function duration(seconds) {
  const whole = Math.round(seconds);
  const minutes = String(Math.floor((whole % 3600) / 60));
  const rest = String(whole % 60).padStart(2, "0");
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${minutes.padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export function when(text) {
  return text ? new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
}

export function percent(share) {
  return `${Math.round(share * 100)} %`;
}
