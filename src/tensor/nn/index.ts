import { multiHeadAttention } from "./attention.ts";
import { conv1d, conv2d } from "./convolution.ts";
import { embedding } from "./embedding.ts";
import { gru } from "./gru.ts";
import { fanInUniform, glorotUniform, heNormal, normalInit, onesInit, zerosInit } from "./initialiser.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";
import { sequential } from "./sequential.ts";

/** Layers, some of which have the names of functions that they apply, and what their parameters begin as. */
export const nn = {
  linear,
  conv1d,
  conv2d,
  layerNorm,
  embedding,
  multiHeadAttention,
  gru,
  sequential,
  fanInUniform,
  glorotUniform,
  heNormal,
  normalInit,
  onesInit,
  zerosInit,
} as const;
