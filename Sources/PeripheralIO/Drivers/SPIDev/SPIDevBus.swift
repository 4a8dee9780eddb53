import CLinux
import Glibc
import RTOS

/// A spidev controller in this process: the nodes of its chip selects, and whose turn it is on the bus.
///
/// Each request to the kernel is a transaction of its own, and between two of them the kernel lets any chip select have
/// the bus, even where the first asked for chip select to be kept. So a frame of several messages needs the whole
/// controller: in this process by turns, and other processes are kept out by `flock` on every node.
final class SPIDevBus: Sendable {
    /// A user's place on the bus.
    private struct User {
        var path: String
        /// Signalled when the user may try again.
        var turn: EventDescriptor
    }

    private struct State: ~Copyable {
        var turns = BusTurns()
        var users: [Int: User] = [:]
        var waiting: Set<Int> = []
        var next = 0
        /// Descriptors by path: those that users transfer with, and those that only keep others out.
        var nodes: [String: Int32] = [:]
    }

    private let state = Guarded(State())

    /// Whether nobody uses it any more: it is closed then.
    var isUnused: Bool { state.withLock { $0.users.isEmpty } }

    /// A place on the bus, and the descriptor to transfer with.
    struct Place {
        var user: Int
        var descriptor: Int32
        var turn: EventDescriptor
    }

    /// Joins the bus with a node of its own.
    ///
    /// - Parameters:
    ///   - nodes: all nodes of the controller, the user's own first. Another that may not be opened is left out.
    ///   - open: opens and locks a node, and answers its descriptor.
    /// - Throws: `busy` if the node is in use here or a node of the controller in another process.
    func join(
        _ nodes: [String], open: (String) throws(PeripheralError) -> Int32
    ) throws(PeripheralError) -> Place {
        let turn = try EventDescriptor()
        return try state.withLock { (state) throws(PeripheralError) in
            let path = nodes[0]
            if state.users.values.contains(where: { $0.path == path }) {
                throw .busy(path, holder: .thisProcess)
            }
            if let old = state.nodes[path], !Self.isNode(path, old) {
                // Unplugged meanwhile, and another one has its name.
                Glibc.close(old)
                state.nodes[path] = nil
            }
            do throws(PeripheralError) {
                for node in nodes where state.nodes[node] == nil {
                    do throws(PeripheralError) {
                        state.nodes[node] = try open(node)
                    } catch .permissionDenied where node != path {
                    } catch .missing where node != path {
                    }
                }
            } catch {
                Self.closeIfUnused(&state)
                throw error
            }
            let user = state.next
            state.next += 1
            state.users[user] = User(path: path, turn: turn)
            return Place(user: user, descriptor: state.nodes[path]!, turn: turn)
        }
    }

    /// Leaves the bus. The last user closes it.
    func leave(_ user: Int) {
        state.withLock { state in
            state.turns.leave(user)
            state.waiting.remove(user)
            state.users[user] = nil
            Self.callWaiting(&state)
            Self.closeIfUnused(&state)
        }
    }

    private static func closeIfUnused(_ state: inout State) {
        guard state.users.isEmpty else { return }
        for node in state.nodes.values { Glibc.close(node) }
        state.nodes = [:]
    }

    /// Whether a descriptor is that of the node which the path leads to now.
    private static func isNode(_ path: String, _ descriptor: Int32) -> Bool {
        var (named, opened) = (stat(), stat())
        guard stat(path, &named) == 0, fstat(descriptor, &opened) == 0 else { return false }
        return named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
    }

    // MARK: Turns

    /// True if the user has the bus now, until `finished`; if not, its `turn` is signalled when it may try again.
    @inline(__always)
    func take(_ user: Int) -> Bool {
        state.withLock { state in
            if state.turns.take(user, isEmpty: true) {
                state.turns.hold(user, true)
                if !state.waiting.isEmpty { state.waiting.remove(user) }
                return true
            }
            state.waiting.insert(user)
            return false
        }
    }

    /// True if `take` would say so.
    func mayTake(_ user: Int) -> Bool {
        state.withLock { $0.turns.mayTake(user, isEmpty: true) }
    }

    /// The user, whose turn it was, has released chip select, or wants its turn no longer.
    @inline(__always)
    func finished(_ user: Int) {
        state.withLock { state in
            state.turns.leave(user)
            // Mostly nobody waits.
            if !state.waiting.isEmpty { Self.callWaiting(&state, but: user) }
        }
    }

    @inline(never)
    private static func callWaiting(_ state: inout State, but user: Int? = nil) {
        if let user { state.waiting.remove(user) }
        for user in state.waiting { state.users[user]?.turn.signal() }
    }
}
