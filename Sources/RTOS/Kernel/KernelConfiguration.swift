extension Kernel {
    /// How many tasks run at once.
    public enum Processors: Hashable, Sendable {
        /// Every ready task runs, as on a multicore part.
        case parallel
        /// The ready task of highest priority alone runs, equals in turns. It is looked at when a task enters or
        /// leaves a call of this module: a loop that makes no call keeps its slot.
        case single
    }

    /// Where the ticks come from.
    public enum Ticks: Hashable, Sendable {
        /// The machine's monotonic clock.
        case wall
        /// The calls that tasks make, and the waits of all of them. With `Processors.single` and no threads from
        /// outside, a run repeats exactly from the seed.
        case virtual(seed: UInt64)
    }

    /// One task got a slot that another had.
    public struct TaskSwitch: Hashable, Sendable {
        /// The virtual tick; 0 with wall ticks.
        public var tick: UInt64
        /// The task that runs now: its number in the order of creation, from 0.
        public var task: UInt32
    }

    public struct Configuration: Sendable {
        public var processors = Processors.parallel
        public var ticks = Ticks.wall
        /// Ticks in a second: FreeRTOS's `configTICK_RATE_HZ`. 1 to 1 000 000.
        public var tickRate: UInt32 = 1000
        /// False to let tasks wait for `Kernel.start`.
        public var startsAtOnce = true
        /// With virtual ticks, the average number of calls in a tick while tasks are busy.
        public var callsPerTick = 64
        /// With a single processor, has a task that loses its slot to a higher priority go behind its equals, as
        /// FreeRTOS does. Otherwise it stays the first of them, as in RTX and µC/OS-III.
        public var preemptedGoesLast = false
        /// With a single processor, whether a task of higher priority takes over before the one that runs blocks or
        /// yields: FreeRTOS's `configUSE_PREEMPTION`. Interrupts always do.
        public var isPreemptive = true
        /// With a single processor, whether equals take turns by the tick: FreeRTOS's `configUSE_TIME_SLICING`. Not
        /// where tasks do not pre-empt each other.
        public var slicesTime = true
        /// With a single processor, keeps the threads of all tasks on one of the machine's: a switch of tasks is
        /// many times faster than across two.
        public var staysOnOneProcessor = true
        /// The priority of the timer service's task: FreeRTOS's `configTIMER_TASK_PRIORITY`.
        public var timerPriority: UInt8 = 200
        /// How many functions may wait for the timer service: FreeRTOS's `configTIMER_QUEUE_LENGTH`.
        public var timerQueueLength = 16
        /// Called at every switch, unless all tasks run in parallel with wall ticks, in the middle of the switch: it
        /// may make no call of this module.
        public var onSwitch: (@Sendable (TaskSwitch) -> Void)?
        /// Has the last word, when `Kernel.main` is made at its first use.
        public var settle: (@Sendable (inout Configuration) -> Void)?

        public init(processors: Processors = .parallel, ticks: Ticks = .wall) {
            self.processors = processors
            self.ticks = ticks
        }
    }
}
