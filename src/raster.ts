/**
 * `worldloom/raster`: pictures without a window. Triangles, lines, skeletons and text drawn in TypeScript, to equal pixels on
 * every machine, and written as PNG or JPEG.
 */
export {
  type Camera,
  type CameraOptions,
  camera,
  type FrameOptions,
  frameBox,
  framePoints,
  type Point,
} from "./raster/camera.ts";
export { type Colour, mixColours } from "./raster/colour.ts";
export { IMAGE_PIXELS_MAX, IMAGE_SIDE_MAX, Image, type Picture } from "./raster/image.ts";
export { encodeJpeg, type JpegOptions } from "./raster/jpeg.ts";
export { type Dots, type LineOptions, type Lines, THICKNESS_MAX } from "./raster/lines.ts";
export type { Triangles } from "./raster/mesh.ts";
export { encodePng } from "./raster/png.ts";
export { type Affine, SCENE_SIDE_MAX } from "./raster/project.ts";
export { type Place, Scene3d } from "./raster/scene.ts";
export { contactSheet, type SheetOptions } from "./raster/sheet.ts";
export type { Skeletal } from "./raster/skeleton.ts";
export { drawText, TEXT_SCALE_MAX, type TextOptions, textSize } from "./raster/text.ts";
