/** What a clip does past its ends: it stays there, it begins again, it runs back. */
export type Wrap = "clamp" | "loop" | "ping-pong";

/** A time of a clip as the pose job takes it: between `frame` and the next one, `alpha` (an f32 in 0..<1) of the way. */
export interface FramePlace {
  frame: number;
  alpha: number;
}

/** So many parts of a frame beside a frame are that frame: times are multiples of ticks, which are rounded. */
const FRAME_SLACK = 1e-9;

/**
 * The time within a clip of `duration` seconds at which playback is after `seconds` (of any sign). Looping is in
 * 0..<duration, so that its end is its start; the others reach the end. Without a duration it is 0.
 */
export function wrapTime(seconds: number, duration: number, wrap: Wrap): number {
  if (!(duration > 0)) return 0;
  if (wrap === "clamp") return seconds < 0 ? 0 : seconds > duration ? duration : seconds;
  if (wrap === "loop") return remainder(seconds, duration);
  const there = remainder(seconds, 2 * duration);
  return there <= duration ? there : 2 * duration - there;
}

/** Where `seconds` of playback are in the frames of a clip. Times that are not finite are the start. */
export function placeFrame(
  out: FramePlace,
  clip: { readonly rate: number; readonly frameCount: number; readonly duration: number },
  seconds: number,
  wrap: Wrap,
): FramePlace {
  const last = clip.frameCount - 1;
  const place = wrapTime(seconds, clip.duration, wrap) * clip.rate;
  const nearest = Math.round(place);
  if (!(Math.abs(place - nearest) > FRAME_SLACK)) {
    out.frame = nearest < last ? nearest : last;
    out.alpha = 0;
    return out;
  }
  const below = Math.floor(place);
  const alpha = Math.fround(place - below);
  const frame = alpha < 1 ? below : below + 1;
  out.frame = frame < last ? frame : last;
  out.alpha = frame < last && alpha < 1 ? alpha : 0;
  return out;
}

/** Seconds of playback at a tick: a function of the tick alone, so it can be computed again after a restore. */
export function playbackTime(
  tick: number,
  tickSeconds: number,
  { startTick = 0, startSeconds = 0, speed = 1 }: { startTick?: number; startSeconds?: number; speed?: number } = {},
): number {
  return startSeconds + (tick - startTick) * tickSeconds * speed;
}

/** In 0..<period; the remainder of f64 is exact. */
function remainder(x: number, period: number): number {
  const rest = x % period;
  if (!(rest < 0)) return rest === rest ? rest + 0 : 0;
  const up = rest + period;
  return up < period ? up : 0;
}
