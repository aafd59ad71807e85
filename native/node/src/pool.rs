//! The threads that jobs share: one pool in the process. Its threads never see JavaScript, and touch the memory of a
//! call only while its caller waits for them.

use std::any::Any;
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use worldloom_core::lanes::Lanes;

/// Most threads, the caller included.
pub const THREADS_MAX: usize = 64;
/// How long a thread without work spins in the time between [`Pool::wake`] and [`Pool::rest`].
const SPIN: Duration = Duration::from_micros(100);
/// How long it goes on looking after that, if nobody else wants its processor: a thread that parks comes late to the next
/// job of the tick, and waking it costs a call to the system.
const YIELD: Duration = Duration::from_millis(1);
/// Looks at the flags between two looks at the clock.
const LOOKS: u32 = 64;
/// Work (smallest parts that pay) that is worth the call to the system that wakes a parked thread.
const WAKING_WORK: usize = 4;

/// The pool of this process.
pub static POOL: Pool = Pool::new();

/// Threads that take parts of one job at a time. Whoever finds it in use does its work alone.
pub struct Pool {
    /// Held by whoever uses the threads or changes them.
    crew: Mutex<Vec<Member>>,
    /// The threads and the caller.
    lanes: AtomicUsize,
    /// Node environments that are alive.
    environments: AtomicUsize,
    /// Between `wake` and `rest`.
    awake: AtomicBool,
    /// A job came since the last `wake`.
    used: AtomicBool,
    /// There are more lanes than processors.
    crowded: AtomicBool,
    /// A part has panicked.
    panicked: AtomicBool,
    /// Odd while there is a job to join.
    turn: Apart<AtomicU32>,
    /// Threads that may read `job`: it is only written while there are none and the turn is even.
    inside: Apart<AtomicUsize>,
    /// The next part of each lane's block.
    next: [Apart<AtomicUsize>; THREADS_MAX],
    job: UnsafeCell<Option<Job>>,
}

// SAFETY: all is synchronised but `job`, of which the comment on `inside` says who may touch it.
unsafe impl Sync for Pool {}

#[derive(Clone, Copy)]
struct Job {
    task: *const (dyn Fn(usize) + Sync),
    parts: usize,
    lanes: usize,
}

impl Job {
    /// The first part of the block of a lane: as many parts for each, in the order of the lanes.
    fn first(&self, lane: usize) -> usize {
        (self.parts as u64 * lane as u64 / self.lanes as u64) as usize
    }
}

struct Member {
    handle: JoinHandle<()>,
    post: Arc<Post>,
}

/// What the pool and one thread tell each other.
#[derive(Default)]
struct Post {
    parked: AtomicBool,
    ends: AtomicBool,
}

/// On cache lines of its own, the neighbour of which processors like to fetch along.
#[repr(align(128))]
struct Apart<T>(T);

impl Pool {
    pub const fn new() -> Self {
        Self {
            crew: Mutex::new(Vec::new()),
            lanes: AtomicUsize::new(1),
            environments: AtomicUsize::new(0),
            awake: AtomicBool::new(false),
            used: AtomicBool::new(false),
            crowded: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
            turn: Apart(AtomicU32::new(0)),
            inside: Apart(AtomicUsize::new(0)),
            next: [const { Apart(AtomicUsize::new(0)) }; THREADS_MAX],
            job: UnsafeCell::new(None),
        }
    }

    /// Has jobs run on `count` threads from now on, the caller's among them; returns how many there are, which is fewer
    /// where the system refuses to start one. Threads that are too many stay parked for later. Waits for a job that runs
    /// where the count changes.
    pub fn threads(&'static self, count: usize) -> usize {
        let wanted = count.clamp(1, THREADS_MAX);
        if wanted == self.count() {
            return wanted;
        }
        let mut crew = self.lock();
        while crew.len() + 1 < wanted {
            let post = Arc::new(Post::default());
            let own = Arc::clone(&post);
            let lane = crew.len() + 1;
            match thread::Builder::new().name(format!("worldloom-{lane}")).spawn(move || self.serve(&own, lane)) {
                Ok(handle) => crew.push(Member { handle, post }),
                Err(_) => break,
            }
        }
        let lanes = wanted.min(crew.len() + 1);
        self.crowded.store(processors() < lanes, Ordering::Relaxed);
        self.lanes.store(lanes, Ordering::SeqCst);
        lanes
    }

    /// Ends all threads.
    fn end(&self) {
        let mut crew = self.lock();
        self.lanes.store(1, Ordering::SeqCst);
        for member in crew.drain(..) {
            member.post.ends.store(true, Ordering::SeqCst);
            member.handle.thread().unpark();
            // A thread ends in no other way than by returning.
            let _ = member.handle.join();
        }
    }

    /// Work is about to come: threads that have none spin for a while before they park. They are woken at once if there
    /// was work after the last call, else when there is.
    pub fn wake(&self) {
        let wakes = self.used.swap(false, Ordering::Relaxed) && !self.crowded.load(Ordering::Relaxed);
        if self.awake.swap(true, Ordering::SeqCst) || !wakes {
            return;
        }
        if let Some(crew) = self.try_lock() {
            unpark(&crew[..(self.count() - 1).min(crew.len())]);
        }
    }

    /// No more work is about to come: threads that have none park.
    pub fn rest(&self) {
        self.awake.store(false, Ordering::SeqCst);
    }

    /// A Node environment has come.
    pub fn enter(&self) {
        self.environments.fetch_add(1, Ordering::SeqCst);
    }

    /// A Node environment goes. After the last one this code may be unloaded, so no thread may be in it.
    pub fn leave(&self) {
        if self.environments.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.end();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Member>> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Vec<Member>>> {
        match self.crew.try_lock() {
            Ok(crew) => Some(crew),
            Err(TryLockError::Poisoned(crew)) => Some(crew.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Runs a job on the crew and the calling thread.
    fn run_on(
        &self,
        crew: &[Member],
        parts: usize,
        work: usize,
        task: &(dyn Fn(usize) + Sync),
    ) -> Result<(), Box<dyn Any + Send>> {
        // SAFETY: only the lifetime is taken off; nobody is inside any more when this function returns.
        let task = unsafe {
            std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), *const (dyn Fn(usize) + Sync + 'static)>(task)
        };
        let job = Job { task, parts, lanes: self.count().min(crew.len() + 1) };
        self.used.store(true, Ordering::Relaxed);
        // SAFETY: the turn is even, nobody is inside, and the caller has the lock.
        unsafe { *self.job.get() = Some(job) };
        for (lane, next) in self.next[..job.lanes].iter().enumerate() {
            next.0.store(job.first(lane), Ordering::Relaxed);
        }
        self.turn.0.fetch_add(1, Ordering::SeqCst);
        if work >= WAKING_WORK {
            unpark(&crew[..(job.lanes - 1).min(parts - 1)]);
        }
        let own = catch_unwind(AssertUnwindSafe(|| self.take_parts(job, 0)));
        self.turn.0.fetch_add(1, Ordering::SeqCst);
        let mut looks = 0u32;
        while self.inside.0.load(Ordering::SeqCst) != 0 {
            looks = looks.wrapping_add(1);
            if looks < LOOKS * LOOKS && !self.crowded.load(Ordering::Relaxed) {
                spin_loop()
            } else {
                thread::yield_now()
            }
        }
        let panicked = self.panicked.swap(false, Ordering::SeqCst);
        if panicked && own.is_ok() { Err(Box::new("a part of a job panicked")) } else { own }
    }

    /// Takes the parts of its own block, and then what is left of the others. So a lane has the same rows in job after job,
    /// and what it wrote in its own cache: where processors are far from each other that is most of what a job costs.
    fn take_parts(&self, job: Job, lane: usize) {
        // SAFETY: the caller of `run_on` waits until all who take parts have left.
        let task = unsafe { &*job.task };
        for block in (0..job.lanes).map(|step| (lane + step) % job.lanes) {
            let (next, end) = (&self.next[block].0, job.first(block + 1));
            // Looking first keeps the counter of a block that is done where it is.
            while next.load(Ordering::Relaxed) < end {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= end {
                    break;
                }
                task(part);
            }
        }
    }

    /// The life of a thread.
    fn serve(&self, post: &Post, lane: usize) {
        let mut last = 0;
        while let Some(turn) = self.wait(post, lane, last) {
            last = turn;
            self.inside.0.fetch_add(1, Ordering::SeqCst);
            // Either this sees that the turn is over, or the caller sees that somebody is inside.
            if self.turn.0.load(Ordering::SeqCst) & 1 == 1 {
                // SAFETY: the turn is odd, so the job was written, and stays until nobody is inside.
                let job = unsafe { *self.job.get() };
                if catch_unwind(AssertUnwindSafe(|| job.into_iter().for_each(|job| self.take_parts(job, lane))))
                    .is_err()
                {
                    self.panicked.store(true, Ordering::SeqCst);
                }
            }
            self.inside.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Waits for a turn other than `last` that thread `lane` can join; `None` if it shall end.
    fn wait(&self, post: &Post, lane: usize, last: u32) -> Option<u32> {
        let joined = || {
            let turn = self.turn.0.load(Ordering::SeqCst);
            (turn & 1 == 1 && turn != last && lane < self.count()).then_some(turn)
        };
        let mut start = None;
        let mut looks = 0u32;
        loop {
            if let Some(turn) = joined() {
                return Some(turn);
            }
            if post.ends.load(Ordering::SeqCst) {
                return None;
            }
            if self.awake.load(Ordering::Relaxed) && !self.crowded.load(Ordering::Relaxed) && lane < self.count() {
                looks = looks.wrapping_add(1);
                if !looks.is_multiple_of(LOOKS) {
                    spin_loop();
                    continue;
                }
                let waited = start.get_or_insert_with(Instant::now).elapsed();
                if waited < YIELD {
                    if waited >= SPIN {
                        thread::yield_now();
                    }
                    continue;
                }
            }
            // Whoever brings work looks at the flag after that, so either side sees the other.
            post.parked.store(true, Ordering::SeqCst);
            if joined().is_none() && !post.ends.load(Ordering::SeqCst) {
                thread::park();
            }
            post.parked.store(false, Ordering::SeqCst);
            start = None;
        }
    }
}

impl Lanes for Pool {
    fn count(&self) -> usize {
        self.lanes.load(Ordering::Relaxed)
    }

    fn run(&self, parts: usize, work: usize, task: &(dyn Fn(usize) + Sync)) {
        let crew = if parts > 1 && self.count() > 1 { self.try_lock() } else { None };
        if let Some(crew) = crew {
            let outcome = self.run_on(&crew, parts, work, task);
            drop(crew);
            return outcome.unwrap_or_else(|panic| resume_unwind(panic));
        }
        (0..parts).for_each(task);
    }
}

/// How many threads can run at a time. To ask takes some microseconds.
fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

fn unpark(crew: &[Member]) {
    for Member { handle, post } in crew {
        if post.parked.load(Ordering::SeqCst) {
            handle.thread().unpark();
        }
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
