import CMeasuring
import Glibc

/// The processors that a measurement's threads are bound to.
public enum Places {
    /// For so many producers and as many consumers, the producers first: each consumer on the processor next to its
    /// producer's.
    public static func pairs(_ count: Int) -> [Int32] {
        let processors = Int32(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let producers = (0..<Int32(count)).map { 2 * $0 % processors }
        return producers + producers.map { ($0 + 1) % processors }
    }
}

/// Runs `body` on a thread for each of these processors at once, in the same manner as the peers' threads are run, and
/// answers the nanoseconds that took.
public func timeCrew(on processors: [Int32], _ body: @Sendable (_ thread: Int) -> Void) -> UInt64 {
    withoutActuallyEscaping(body) { body in
        withUnsafePointer(to: body) { body in
            crew_run(
                Int32(processors.count), processors,
                { body, thread in
                    body!.assumingMemoryBound(to: (@Sendable (Int) -> Void).self).pointee(Int(thread))
                }, UnsafeMutableRawPointer(mutating: body))
        }
    }
}
