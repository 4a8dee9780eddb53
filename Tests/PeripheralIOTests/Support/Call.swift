import Glibc
import PeripheralIO
import RTOS
import Synchronization
import Testing

/// A call on a task of its own: a test goes on while it blocks, and a call that never returns fails the test instead
/// of hanging the run.
final class Call<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    let name: String
    private let patience: UInt64

    /// - Parameter patience: seconds that it may take, besides those in which everything else would be a hang.
    init(
        _ name: String = "caller", priority: UInt8 = RTOSTask.defaultPriority, patience: UInt64 = 0,
        _ body: @escaping @Sendable () throws -> Value
    ) {
        self.name = name
        self.patience = patience
        RTOSTask.start(name: name, priority: priority) { [self] in
            let result = Result { try body() }
            outcome.withLock { $0 = result }
        }
    }

    var isOver: Bool { outcome.withLock { $0 != nil } }

    /// What the call answered or threw.
    func result() throws -> Result<Value, any Error> {
        try eventually("“\(name)” returns", patience: patience) { isOver }
        return outcome.withLock { $0! }
    }

    /// What the call answered.
    @discardableResult
    func value() throws -> Value {
        try result().get()
    }

    /// What the call threw; nil if it did not.
    func error() throws -> PeripheralError? {
        switch try result() {
        case .success: nil
        case .failure(let error as PeripheralError): error
        case .failure(let error): throw error
        }
    }
}

/// Something did not happen, however long it was given.
struct Hang: Error, CustomStringConvertible {
    var description: String
}

/// Long enough for the slowest machine: what takes longer hangs.
let hangBound: UInt64 = 10_000_000_000

/// Returns once `condition` is true, and throws `Hang` when it never is.
func eventually(_ what: String, patience seconds: UInt64 = 0, _ condition: () throws -> Bool) throws {
    let deadline = MonotonicTime.now.advanced(byNanoseconds: hangBound + seconds * 1_000_000_000)
    while try !condition() {
        if MonotonicTime.now >= deadline { throw Hang(description: "it never happened that \(what)") }
        usleep(300)
    }
}
