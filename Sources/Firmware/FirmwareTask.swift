import CFirmware
import Glibc
import RTOS
import Synchronization

/// A task as firmware knows it: what the three interfaces' tasks have in common. Each makes a subclass with what is its
/// own.
class FirmwareTask: @unchecked Sendable {
    /// A null-terminated copy of the task's name, which lives as long as the object.
    let cName: UnsafeMutablePointer<CChar>
    private var rtosTask: RTOSTask?
    private let isOver = Atomic<Bool>(false)

    init(name: UnsafePointer<CChar>?, longestName: Int = 255) {
        let length = name.map { strnlen($0, longestName) } ?? 0
        cName = .allocate(capacity: length + 1)
        if let name { cName.update(from: name, count: length) }
        cName[length] = 0
    }

    deinit {
        cName.deallocate()
    }

    var name: String { String(cString: cName) }

    /// The task itself. Set before its first instruction, and never again.
    final var task: RTOSTask { rtosTask! }

    /// Its thread has ended, or is about to: the handle is to be taken back. Called once, by whoever ends it.
    func hasEnded() {}

    // MARK: Starting and ending

    /// Starts the task's thread.
    ///
    /// - Parameters:
    ///   - willStart: the task is known and its thread does not run yet: the place to hand its handle out.
    ///   - body: runs in the task, which ends with it.
    final func start(
        priority: UInt8, willStart: () -> Void = {}, _ body: @escaping @Sendable () -> Void
    ) {
        _ = Self.endObserver
        let note = { (task: RTOSTask) in
            self.rtosTask = task
            Self.living.withLock { $0[task] = self }
            willStart()
        }
        let run: @Sendable () -> Void = { [self] in
            hil_firmware_task_set(Unmanaged.passUnretained(self).toOpaque())
            body()
        }
        RTOSTask.start(name: name, priority: priority, kernel: FirmwareKernel.kernel, willStart: note, run)
        RTOSTask.giveWayToHigher()
    }

    /// Stands for a task that somebody else has started.
    final func adopt(_ task: RTOSTask) {
        rtosTask = task
        Self.living.withLock { $0[task] = self }
    }

    /// Has `hasEnded` called unless it was before.
    final func end() {
        if !isOver.exchange(true, ordering: .acquiringAndReleasing) { hasEnded() }
    }

    // MARK: Finding one

    private static let living = Guarded<[RTOSTask: FirmwareTask]>([:])

    private static let endObserver: Void = TaskEnd.observe(for: EndObserver.shared) { task in
        guard let ended = living.withLock({ $0.removeValue(forKey: task) }) else { return }
        hil_firmware_task_set(nil)
        ended.end()
    }

    private final class EndObserver: Sendable {
        static let shared = EndObserver()
    }

    /// The one that the calling thread runs; nil in `main`, in an interrupt and on foreign threads.
    static var current: FirmwareTask? {
        hil_firmware_task_get().map { Unmanaged<FirmwareTask>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The one that runs as this task; nil if it has ended or is none of firmware's.
    static func of(_ task: RTOSTask) -> FirmwareTask? { living.withLock { $0[task] } }

    /// All that have not ended and are not about to, in the order of their creation.
    static var all: [FirmwareTask] {
        living.withLock { $0.values.filter { !$0.isOver.load(ordering: .acquiring) } }.sorted {
            $0.task.number < $1.task.number
        }
    }
}
