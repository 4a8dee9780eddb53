import CFirmware
import Glibc
import RTOS
import Synchronization
import VirtualHardware

/// The one kernel under all three interfaces, and the life of its scheduler.
///
/// How it works is settled by its first user: tick rate and the like by what firmware's headers pass, parallel or single
/// core and the ticks by the environment at its first call. Tasks that are created before the start
/// wait for it. `main`'s own thread is none of them: it may make calls that do not block before the start, it sleeps
/// while the scheduler runs, and ends the process when it returns.
enum FirmwareKernel {
    enum Phase: UInt8, AtomicRepresentable {
        case inactive, running, ended
    }

    private static let phaseWord = Atomic<Phase>(.inactive)
    private static let ending = BlockingObject(false)
    private static let configuration = Guarded(initialConfiguration())

    /// Out of line: the compiler (6.3.1) crashes when it lays this out as static data.
    @inline(never)
    private static func initialConfiguration() -> Kernel.Configuration {
        var configuration = Kernel.Configuration()
        configuration.startsAtOnce = false
        configuration.settle = { $0.readEnvironment() }
        return configuration
    }

    /// Changes how the kernel will work. False if it works already, and keeps its ways.
    ///
    /// Called by the configuration that firmware's source files bring with them, before `main`.
    @discardableResult
    static func configure(_ change: (inout Kernel.Configuration) -> Void) -> Bool {
        configuration.withLock { configuration in
            change(&configuration)
            return Kernel.configureMain(configuration)
        }
    }

    private static let prepared: Void = { configure { _ in } }()

    /// The kernel; its first use settles how it works.
    static var kernel: Kernel {
        _ = prepared
        return .main
    }

    static var phase: Phase { phaseWord.load(ordering: .acquiring) }

    /// Ticks in a second.
    static var tickRate: UInt32 { kernel.configuration.tickRate }

    /// One slot for all tasks.
    static var isSingleCore: Bool { kernel.configuration.processors == .single }

    static var hasVirtualTicks: Bool { if case .virtual = kernel.configuration.ticks { true } else { false } }

    /// The time that virtual devices live in.
    static let hardwareClock: HardwareClock = hasVirtualTicks ? .kernel(KernelClock(kernel)) : .wall

    /// A place to switch tasks, for calls that only look at something: a task that makes them in a loop lets others run.
    @inline(__always)
    static func switchIfDue() {
        if hil_firmware_task_get() != nil { Kernel.switchIfDue() }
    }

    /// Lets tasks run, and blocks the calling thread until `end`. False if the scheduler runs already or has ended.
    ///
    /// Once it has ended every task is deleted, and the caller goes on as before the start.
    static func run() -> Bool {
        _ = kernel
        let (exchanged, _) = phaseWord.compareExchange(
            expected: .inactive, desired: .running, ordering: .acquiringAndReleasing)
        guard exchanged else { return false }
        kernel.start()
        while case .ended(let ending) = ending.wait(.takers, .forever, { hasEnded, _ in hasEnded ? () : nil }),
            ending != .granted(0)
        {}
        phaseWord.store(.ended, ordering: .releasing)
        kernel.deleteTasks()
        return true
    }

    /// Ends the scheduler. If a task calls it, it does not return.
    ///
    /// It sleeps for good where the kernel does not see it: on a single core it keeps its slot, so that no other task
    /// runs after the end.
    static func end() {
        ending.peek { hasEnded, waiters in
            hasEnded = true
            waiters.endAll(.takers, with: .granted)
        }
        guard FirmwareTask.current != nil else { return }
        while true { pause() }
    }
}
