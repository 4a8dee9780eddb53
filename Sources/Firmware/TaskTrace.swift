import Glibc
import RTOS

/// The switches of tasks, written to the file that `HIL_TRACE` names: a line for each, with the tick and the number of
/// the task in the order of creation. Two runs were the same if their files are.
enum TaskTrace {
    static var fromEnvironment: (@Sendable (Kernel.TaskSwitch) -> Void)? {
        guard let path = getenv("HIL_TRACE") else { return nil }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            Misuse.report("HIL_TRACE", "the file cannot be written (errno \(errno)): name one that can")
            return nil
        }
        return { change in
            let line = "\(change.tick) \(change.task)\n"
            _ = line.utf8.withContiguousStorageIfAvailable { write(file, $0.baseAddress, $0.count) }
        }
    }
}
