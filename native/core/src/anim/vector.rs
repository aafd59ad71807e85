//! Vectors and unit quaternions (x y z w) of f32. `src/native/reference/anim/vector.ts` has the same, and says why.

pub type Vector = [f32; 3];
pub type Quaternion = [f32; 4];

const SQUARE_MIN: f32 = 1e-30;
const SQUARE_MAX: f32 = 1e38;
const PART_MIN: f32 = 1e-8;

pub fn subtract(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub fn dot(a: Vector, b: Vector) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// a * s + b * t
pub fn combine(a: Vector, s: f32, b: Vector, t: f32) -> Vector {
    [a[0] * s + b[0] * t, a[1] * s + b[1] * t, a[2] * s + b[2] * t]
}

/// `v` one long, if it has a direction.
pub fn direction(v: Vector) -> Option<Vector> {
    direction_above(v, SQUARE_MIN)
}

/// The same for a part of a unit vector: less than that of it has none.
pub fn direction_of_part(v: Vector) -> Option<Vector> {
    direction_above(v, PART_MIN)
}

fn direction_above(v: Vector, least: f32) -> Option<Vector> {
    let square = dot(v, v);
    if !(square >= least && square <= SQUARE_MAX) {
        return None;
    }
    let scale = 1.0 / square.sqrt();
    Some(v.map(|x| x * scale))
}

/// The direction of `v` across the unit vector `axis`.
pub fn across(v: Vector, axis: Vector) -> Option<Vector> {
    let along = dot(v, axis);
    direction_of_part([v[0] - axis[0] * along, v[1] - axis[1] * along, v[2] - axis[2] * along])
}

/// A unit vector across the unit vector `axis`.
pub fn any_across(axis: Vector) -> Vector {
    let [x, y, z] = axis.map(f32::abs);
    let unit = if x <= y && x <= z {
        [1.0, 0.0, 0.0]
    } else if y <= z {
        [0.0, 1.0, 0.0]
    } else {
        [0.0, 0.0, 1.0]
    };
    let crossed = cross(unit, axis);
    direction(crossed).unwrap_or(crossed)
}

/// v turned by q.
pub fn rotate(q: Quaternion, v: Vector) -> Vector {
    let axis = [q[0], q[1], q[2]];
    let twice = cross(axis, v).map(|x| x + x);
    let turned = cross(axis, twice);
    std::array::from_fn(|i| v[i] + q[3] * twice[i] + turned[i])
}

/// The Hamilton product a * b: first b, then a.
pub fn multiply([ax, ay, az, aw]: Quaternion, [bx, by, bz, bw]: Quaternion) -> Quaternion {
    [
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    ]
}

/// `q` one long; one that is too short becomes the identity.
pub fn normalise(q: Quaternion) -> Quaternion {
    let square = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];
    if square >= SQUARE_MIN {
        let scale = 1.0 / square.sqrt();
        q.map(|x| x * scale)
    } else {
        [0.0, 0.0, 0.0, 1.0]
    }
}

/// The shortest turn from the unit vector `from` to `to`; half a turn about `axis` where they are opposite.
pub fn from_to(from: Vector, to: Vector, axis: Vector) -> Quaternion {
    match direction_of_part([from[0] + to[0], from[1] + to[1], from[2] + to[2]]) {
        Some(half) => {
            let [x, y, z] = cross(from, half);
            [x, y, z, dot(from, half)]
        }
        None => [axis[0], axis[1], axis[2], 0.0],
    }
}

/// The part `weight` of the turn q.
pub fn part(q: Quaternion, weight: f32) -> Quaternion {
    if weight == 1.0 {
        return q;
    }
    let sign = if q[3] < 0.0 { -1.0 } else { 1.0 };
    let [x, y, z, w] = q.map(|c| sign * c);
    normalise([x * weight, y * weight, z * weight, 1.0 + (w - 1.0) * weight])
}
