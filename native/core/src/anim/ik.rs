//! Two-bone and look-at inverse kinematics of one character. `src/native/anim/ik-format.ts` has the records,
//! `src/native/reference/anim/ik.ts` the order of operations.

use super::ik_format::{
    IK_COSINE, IK_END, IK_FORWARD, IK_JOINT, IK_MIDDLE, IK_POLE, IK_SOFTEN, IK_TARGET, IK_UP, IK_WEIGHT, IK_WORDS,
    LOOK_AT, TWO_BONE,
};
use super::vector::{
    Quaternion, Vector, across, any_across, combine, cross, direction, direction_of_part, dot, from_to, multiply,
    normalise, part, rotate, subtract,
};

pub type Record = [u32; IK_WORDS];

const SQUARE_MAX: f32 = 1e38;

/// The operand of `record` that cannot be, for a skeleton with these `parents`.
pub fn fault(record: &Record, parents: &[i32]) -> Option<&'static str> {
    let kind = record[0];
    let joint = record[IK_JOINT] as usize;
    if kind != TWO_BONE && kind != LOOK_AT {
        return Some("ikKind");
    }
    if joint >= parents.len() {
        return Some("ikJoint");
    }
    if !(0.0..=1.0).contains(&float(record, IK_WEIGHT)) {
        return Some("ikWeight");
    }
    if !finite(record, IK_TARGET) {
        return Some("ikTarget");
    }
    if !finite(record, IK_POLE) {
        return Some("ikPole");
    }
    if kind == LOOK_AT {
        if !(-1.0..=1.0).contains(&float(record, IK_COSINE)) {
            return Some("ikCosine");
        }
        if !finite(record, IK_FORWARD) {
            return Some("ikForward");
        }
        return if finite(record, IK_UP) { None } else { Some("ikUp") };
    }
    if !(0.0..=1.0).contains(&float(record, IK_SOFTEN)) {
        return Some("ikSoften");
    }
    let (middle, end) = (record[IK_MIDDLE] as usize, record[IK_END] as usize);
    if !below(middle, joint, parents) {
        return Some("ikMiddle");
    }
    if below(end, middle, parents) { None } else { Some("ikEnd") }
}

/// Changes the local rotations (rows of `stride`) so that `record`, which has no [`fault`], holds; `models` are the
/// matrices of these locals, 12 a joint. The first joint whose model is no longer that of its local.
pub fn solve(record: &Record, parents: &[i32], stride: usize, local: &mut [f32], models: &[f32]) -> Option<usize> {
    let joint = record[IK_JOINT] as usize;
    let weight = float(record, IK_WEIGHT);
    if weight == 0.0 {
        return None;
    }
    let mut limb = Limb { local, stride, parents };
    let target = vector(record, IK_TARGET);
    let pole = direction(vector(record, IK_POLE));
    let origin = position(models, joint);
    let turning = if record[0] == LOOK_AT {
        let rotation = limb.model_rotation(joint);
        let axes = [vector(record, IK_FORWARD), vector(record, IK_UP)].map(|axis| rotate(rotation, axis));
        look_at(axes, subtract(target, origin), float(record, IK_COSINE), pole)?
    } else {
        let middle = record[IK_MIDDLE] as usize;
        let knee = position(models, middle);
        let tip = position(models, record[IK_END] as usize);
        let (bending, turning) = two_bone([origin, knee, tip], target, float(record, IK_SOFTEN), pole)?;
        limb.turn(middle, part(bending, weight));
        turning
    };
    limb.turn(joint, part(turning, weight));
    Some(joint)
}

/// The turns of the middle and of the upper joint.
fn two_bone(
    [origin, knee, tip]: [Vector; 3],
    target: Vector,
    soften: f32,
    pole: Option<Vector>,
) -> Option<(Quaternion, Quaternion)> {
    let (upper, lower) = (subtract(knee, origin), subtract(tip, knee));
    let (a2, b2) = (dot(upper, upper), dot(lower, lower));
    let (upper, lower) = (direction(upper)?, direction(lower)?);
    let (a, b) = (a2.sqrt(), b2.sqrt());
    let aim = subtract(target, origin);
    let distance2 = dot(aim, aim);
    if !(0.0..=SQUARE_MAX).contains(&distance2) {
        return None;
    }
    let aim = direction(aim).or_else(|| direction(subtract(tip, origin))).unwrap_or(upper);
    let reach = reach(distance2.sqrt(), a, b, soften);

    let normal = direction_of_part(cross(upper, lower))
        .or_else(|| direction_of_part(cross(pole?, upper)))
        .unwrap_or_else(|| any_across(upper));
    let cosine = ((reach * reach - a2 - b2) / (a * b * 2.0)).clamp(-1.0, 1.0);
    let bent = combine(upper, cosine, cross(normal, upper), sine(cosine));
    let bending = from_to(lower, bent, normal);

    let chord = direction_of_part(combine(upper, a / (a + b), bent, b / (a + b))).unwrap_or(aim);
    let turning = from_to(chord, aim, normal);
    let Some(wanted) = pole.and_then(|pole| across(pole, aim)) else { return Some((bending, turning)) };
    let side = cross(aim, rotate(turning, normal));
    Some((bending, multiply(from_to(side, wanted, aim), turning)))
}

/// How far the end of a limb with the bones a and b goes for a target at `distance`.
fn reach(distance: f32, a: f32, b: f32, soften: f32) -> f32 {
    let length = a + b;
    let from = length * soften;
    let span = length - from;
    let mut reach = distance;
    if distance > from {
        let x = (distance - from) / span;
        reach = if span > 0.0 { from + span * (1.0 - 1.0 / (1.0 + x)) } else { length };
    }
    let least = (a - b).abs();
    if reach < least { least } else { reach }
}

/// The turn of a joint whose forward and up axes are given in model space.
fn look_at([forward, up]: [Vector; 2], aim: Vector, most: f32, pole: Option<Vector>) -> Option<Quaternion> {
    let forward = direction(forward)?;
    let mut aim = direction(aim)?;
    let up = direction(up);
    let normal = up.and_then(|up| across(up, forward)).unwrap_or_else(|| any_across(forward));
    if dot(forward, aim) < most {
        let side = across(aim, forward).unwrap_or_else(|| cross(normal, forward));
        aim = combine(forward, most, side, sine(most));
    }
    let turning = from_to(forward, aim, normal);
    let twist = up.and_then(|up| {
        let side = across(rotate(turning, up), aim)?;
        Some(from_to(side, across(pole?, aim)?, aim))
    });
    Some(twist.map_or(turning, |twist| multiply(twist, turning)))
}

/// The local rotations of a character.
struct Limb<'a> {
    local: &'a mut [f32],
    stride: usize,
    parents: &'a [i32],
}

impl Limb<'_> {
    /// The local rotation of `joint` becomes that which the turn q in model space gives it: conj(P) q P local.
    fn turn(&mut self, joint: usize, q: Quaternion) {
        let own = self.rotation(joint);
        let parent = self.parents[joint];
        let turned = if parent < 0 {
            multiply(q, own)
        } else {
            let above = self.model_rotation(parent as usize);
            let [x, y, z, w] = above;
            multiply([-x, -y, -z, w], multiply(q, multiply(above, own)))
        };
        for (i, value) in normalise(turned).into_iter().enumerate() {
            self.local[(3 + i) * self.stride + joint] = value;
        }
    }

    /// The product of the local rotations from the root to `joint`.
    fn model_rotation(&self, joint: usize) -> Quaternion {
        let mut rotation = self.rotation(joint);
        let mut parent = self.parents[joint];
        while parent >= 0 {
            rotation = multiply(self.rotation(parent as usize), rotation);
            parent = self.parents[parent as usize];
        }
        rotation
    }

    fn rotation(&self, joint: usize) -> Quaternion {
        std::array::from_fn(|i| self.local[(3 + i) * self.stride + joint])
    }
}

fn position(models: &[f32], joint: usize) -> Vector {
    [3, 7, 11].map(|i| models[joint * 12 + i])
}

fn sine(cosine: f32) -> f32 {
    (1.0 - cosine * cosine).sqrt()
}

fn float(record: &Record, word: usize) -> f32 {
    f32::from_bits(record[word])
}

fn vector(record: &Record, word: usize) -> Vector {
    std::array::from_fn(|i| float(record, word + i))
}

fn finite(record: &Record, word: usize) -> bool {
    vector(record, word).into_iter().all(f32::is_finite)
}

/// Whether `joint` is one of the skeleton, below `ancestor`: parents come before their children.
fn below(joint: usize, ancestor: usize, parents: &[i32]) -> bool {
    if joint <= ancestor || joint >= parents.len() {
        return false;
    }
    let mut at = joint as i32;
    while at > ancestor as i32 {
        at = parents[at as usize];
    }
    at == ancestor as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, words: &[(usize, f32)], joints: &[(usize, u32)]) -> Record {
        let mut record = [0; IK_WORDS];
        record[0] = kind;
        for &(at, value) in words {
            record[at] = value.to_bits();
        }
        for &(at, joint) in joints {
            record[at] = joint;
        }
        record
    }

    /// A chain of joints one apart along x, unturned: the local pose and the models.
    fn chain(joints: usize) -> (Vec<f32>, Vec<f32>) {
        let mut local = vec![0.0; 160];
        local[6 * 16..].fill(1.0);
        let mut models = vec![0.0; joints * 12];
        for joint in 0..joints {
            local[joint] = f32::from(u8::from(joint > 0));
            let at = joint * 12;
            (models[at], models[at + 5], models[at + 10]) = (1.0, 1.0, 1.0);
            models[at + 3] = joint as f32;
        }
        (local, models)
    }

    #[test]
    fn a_limb_bends_at_a_right_angle() {
        let (mut local, models) = chain(3);
        let reach = 2f32.sqrt();
        let record = record(
            TWO_BONE,
            &[(IK_WEIGHT, 1.0), (IK_SOFTEN, 1.0), (IK_TARGET, reach), (IK_POLE + 1, 1.0)],
            &[(IK_MIDDLE, 1), (IK_END, 2)],
        );
        let parents = [-1, 0, 1];
        assert_eq!(fault(&record, &parents), None);
        assert_eq!(solve(&record, &parents, 16, &mut local, &models), Some(0));
        let limb = Limb { local: &mut local, stride: 16, parents: &parents };
        let knee = rotate(limb.model_rotation(0), [1.0, 0.0, 0.0]);
        let shin = rotate(limb.model_rotation(1), [1.0, 0.0, 0.0]);
        let expected = [0.5f32.sqrt(), 0.5f32.sqrt()];
        assert!(knee.iter().zip([expected[0], expected[1], 0.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{knee:?}");
        assert!(shin.iter().zip([expected[0], -expected[1], 0.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{shin:?}");
    }

    #[test]
    fn a_look_turns_at_most_by_its_angle() {
        let (mut local, models) = chain(1);
        let record = record(
            LOOK_AT,
            &[(IK_WEIGHT, 1.0), (IK_COSINE, 0.5), (IK_TARGET + 1, 9.0), (IK_FORWARD, 1.0), (IK_UP + 2, 1.0)],
            &[],
        );
        assert_eq!(fault(&record, &[-1]), None);
        assert_eq!(solve(&record, &[-1], 16, &mut local, &models), Some(0));
        let limb = Limb { local: &mut local, stride: 16, parents: &[-1] };
        let forward = rotate(limb.model_rotation(0), [1.0, 0.0, 0.0]);
        assert!((forward[0] - 0.5).abs() < 1e-6 && (forward[1] - 0.75f32.sqrt()).abs() < 1e-6, "{forward:?}");
    }
}
