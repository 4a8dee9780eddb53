import Glibc
import Synchronization

/// Records that several tasks send over one line, made so that a lost, doubled, torn or foreign byte shows.
///
/// A record is its task, its number, how long its payload is, and a payload of one value that follows from both.
enum Record {
    static let headerLength = 7

    static func bytes(task: Int, number: Int, payload count: Int) -> [UInt8] {
        let number32 = UInt32(truncatingIfNeeded: number)
        var bytes: [UInt8] = [UInt8(task), UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8)]
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number32 >> shift)) }
        return bytes + [UInt8](repeating: fill(task, number), count: count)
    }

    static func fill(_ task: Int, _ number: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: task &* 31 &+ number)
    }
}

/// Reads records off a line and counts them.
final class RecordChecker: Sendable {
    /// The task of the record that ends it all.
    static let end = 0xFF

    private struct State {
        var rest: [UInt8] = []
        var next = [Int](repeating: 0, count: 256)
        var bytes: UInt64 = 0
        var problem: String?
        var isOver = false
    }

    private let state = Mutex(State())

    /// True once the last record has come, or nothing after a fault can be understood.
    var isOver: Bool { state.withLock { $0.isOver } }
    /// What was wrong first.
    var problem: String? { state.withLock { $0.problem } }
    var bytes: UInt64 { state.withLock { $0.bytes } }

    /// How many records of a task have come, all in their order.
    func count(of task: Int) -> Int { state.withLock { $0.next[task] } }

    func take(_ bytes: [UInt8]) {
        state.withLock { state in
            state.bytes += UInt64(bytes.count)
            state.rest += bytes
            var place = 0
            while !state.isOver, let length = Self.record(at: place, &state) { place += length }
            state.rest.removeFirst(place)
        }
    }

    /// The length of the record at a place, checked; nil if it is not all there.
    private static func record(at place: Int, _ state: inout State) -> Int? {
        let left = state.rest.count - place
        guard left >= Record.headerLength else { return nil }
        let header = state.rest[place..<place + Record.headerLength].map { Int($0) }
        let task = header[0]
        let count = header[1] | header[2] << 8
        guard left >= Record.headerLength + count else { return nil }
        let number = header[3] | header[4] << 8 | header[5] << 16 | header[6] << 24
        let isWhole = state.rest.withUnsafeBytes { bytes in
            let payload = bytes[(place + Record.headerLength)...].prefix(count)
            guard let first = payload.first else { return true }
            let start = bytes.baseAddress! + payload.startIndex
            return first == Record.fill(task, number) && memcmp(start, start + 1, count - 1) == 0
        }
        if number != state.next[task] || !isWhole {
            state.problem = "task \(task): record \(number), torn or not \(state.next[task])"
            state.isOver = true
        }
        state.next[task] += 1
        if task == end { state.isOver = true }
        return Record.headerLength + count
    }
}
