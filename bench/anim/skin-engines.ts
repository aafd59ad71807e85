import { type Runner, timed } from "../tensor/runner.ts";
import type { Rig } from "./rig.ts";

/** three.js on the CPU: `SkinnedMesh.applyBoneTransform` for each vertex. It has a way for positions only. */
export async function threeRunner(rig: Rig): Promise<Runner> {
  const { Bone, BufferAttribute, BufferGeometry, Matrix4, Skeleton, SkinnedMesh, Vector3 } = await import("three");
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(rig.positions, 3));
  geometry.setAttribute("skinIndex", new BufferAttribute(rig.numbers, 4));
  geometry.setAttribute("skinWeight", new BufferAttribute(rig.weights, 4));
  const bones = Array.from({ length: rig.joints }, (_, joint) => {
    const bone = new Bone();
    const m = rig.palette.subarray(joint * 12, joint * 12 + 12);
    bone.matrixWorld.set(...(Array.from(m) as Parameters<typeof bone.matrixWorld.set>), 0, 0, 0, 1);
    return bone;
  });
  const mesh = new SkinnedMesh(geometry);
  const inverses = bones.map(() => new Matrix4());
  mesh.bind(new Skeleton(bones, inverses), new Matrix4());
  const out = new Float32Array(rig.vertices * 3);
  const point = new Vector3();
  return {
    time: timed(() => {
      for (let vertex = 0; vertex < rig.vertices; vertex++) {
        point.fromBufferAttribute(geometry.attributes.position!, vertex);
        mesh.applyBoneTransform(vertex, point);
        point.toArray(out, vertex * 3);
      }
    }),
    result: () => out,
  };
}

/** Babylon.js on the CPU: `Mesh.applySkeleton`, in a scene without graphics. */
export async function babylonRunner(rig: Rig): Promise<Runner> {
  const [{ NullEngine }, { Scene }, { Mesh }, { VertexData }] = await Promise.all([
    import("@babylonjs/core/Engines/nullEngine.js"),
    import("@babylonjs/core/scene.js"),
    import("@babylonjs/core/Meshes/mesh.js"),
    import("@babylonjs/core/Meshes/mesh.vertexData.js"),
  ]);
  const scene = new Scene(new NullEngine());
  const mesh = new Mesh("rig", scene);
  const data = new VertexData();
  data.positions = rig.positions.slice();
  data.normals = rig.normals.slice();
  data.indices = [0, 1, 2];
  data.matricesIndices = Float32Array.from(rig.numbers);
  data.matricesWeights = rig.weights;
  data.applyToMesh(mesh, true);
  const matrices = new Float32Array(rig.joints * 16);
  for (let joint = 0; joint < rig.joints; joint++) {
    for (let i = 0; i < 12; i++) matrices[joint * 16 + (i % 4) * 4 + Math.floor(i / 4)] = rig.palette[joint * 12 + i]!;
    matrices[joint * 16 + 15] = 1;
  }
  const skeleton = { getTransformMatrices: () => matrices } as unknown as Parameters<typeof mesh.applySkeleton>[0];
  const out = new Float32Array(rig.vertices * 6);
  let frame = 0;
  scene.getFrameId = () => frame;
  return {
    time: timed(() => {
      // A mesh is skinned once a frame.
      frame++;
      mesh.applySkeleton(skeleton);
    }),
    result() {
      out.set(mesh.getVerticesData("position")!);
      out.set(mesh.getVerticesData("normal")!, rig.vertices * 3);
      return out;
    },
    close: () => scene.dispose(),
  };
}
