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
    /// The next part.
    next: Apart<AtomicUsize>,
    job: UnsafeCell<Option<Job>>,
}

// SAFETY: all is synchronised but `job`, of which the comment on `inside` says who may touch it.
unsafe impl Sync for Pool {}

#[derive(Clone, Copy)]
struct Job {
    task: *const (dyn Fn(usize) + Sync),
    parts: usize,
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
            next: Apart(AtomicUsize::new(0)),
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
        let job = Job { task, parts };
        self.used.store(true, Ordering::Relaxed);
        // SAFETY: the turn is even, nobody is inside, and the caller has the lock.
        unsafe { *self.job.get() = Some(job) };
        self.next.0.store(0, Ordering::Relaxed);
        self.turn.0.fetch_add(1, Ordering::SeqCst);
        if work >= WAKING_WORK {
            unpark(&crew[..(self.count() - 1).min(crew.len()).min(parts - 1)]);
        }
        let own = catch_unwind(AssertUnwindSafe(|| self.take_parts(job)));
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

    fn take_parts(&self, job: Job) {
        // SAFETY: the caller of `run_on` waits until all who take parts have left.
        let task = unsafe { &*job.task };
        loop {
            let part = self.next.0.fetch_add(1, Ordering::Relaxed);
            if part >= job.parts {
                return;
            }
            task(part);
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
                if catch_unwind(AssertUnwindSafe(|| job.into_iter().for_each(|job| self.take_parts(job)))).is_err() {
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
                if !looks.is_multiple_of(LOOKS) || start.get_or_insert_with(Instant::now).elapsed() < SPIN {
                    spin_loop();
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
mod tests {
    use super::*;

    fn pool() -> &'static Pool {
        Box::leak(Box::new(Pool::new()))
    }

    /// How often each of `parts` parts ran.
    fn runs(pool: &Pool, parts: usize) -> Vec<usize> {
        let counts: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
        pool.run(parts, parts, &|part| {
            counts[part].fetch_add(1, Ordering::Relaxed);
        });
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn every_part_runs_once_with_any_number_of_threads() {
        let pool = pool();
        for threads in [1, 2, 3, 8, 2, 64, 1] {
            assert_eq!(pool.threads(threads), threads);
            assert_eq!(pool.count(), threads);
            for round in 0..300 {
                match round % 5 {
                    1 => pool.wake(),
                    4 => pool.rest(),
                    _ => {}
                }
                let parts = round % 37;
                assert_eq!(runs(pool, parts), vec![1; parts]);
            }
        }
        assert_eq!(pool.threads(1000), THREADS_MAX);
        assert_eq!(pool.threads(0), 1);
    }

    #[test]
    fn callers_share_the_threads_without_waiting_for_each_other() {
        let pool = pool();
        pool.threads(3);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| assert_eq!(runs(pool, 9), vec![1; 9])));
            }
            scope.spawn(|| (0..50).for_each(|count| assert_eq!(pool.threads(count % 4 + 1), count % 4 + 1)));
        });
        pool.threads(1);
    }

    #[test]
    fn a_part_may_run_parts_of_its_own() {
        let pool = pool();
        pool.threads(2);
        let count = AtomicUsize::new(0);
        pool.run(4, 4, &|_| {
            count.fetch_add(runs(pool, 5).len(), Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 20);
        pool.threads(1);
    }

    #[test]
    fn a_panic_comes_when_all_parts_have_ended_and_harms_nobody_after_it() {
        let pool = pool();
        for threads in [1, 2, 5] {
            pool.threads(threads);
            for bad in 0..8 {
                let running = AtomicUsize::new(0);
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    pool.run(8, 8, &|part| {
                        if part == bad {
                            resume_unwind(Box::new("on purpose"));
                        }
                        running.fetch_add(1, Ordering::SeqCst);
                        thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                    });
                }));
                assert!(outcome.is_err());
                assert_eq!(running.into_inner(), 0);
                assert_eq!(runs(pool, 8), vec![1; 8]);
            }
        }
        pool.threads(1);
    }

    #[test]
    fn threads_end_with_the_last_environment() {
        let pool = pool();
        pool.enter();
        pool.enter();
        pool.threads(3);
        pool.leave();
        assert_eq!(pool.count(), 3);
        pool.leave();
        assert_eq!(pool.count(), 1);
    }
}
