import Glibc

/// Tells, through a descriptor, that a device node has been taken away: `inotify(7)` on the node itself. It wakes nobody
/// before.
///
/// A spidev node has no hang-up of its own to poll for.
final class NodeWatch: Sendable {
    /// Readable once something has happened to the node; -1 where no more can be watched (`max_user_instances`), and a
    /// loss is found by the next transfer.
    let descriptor: Int32
    private let path: String

    init(_ path: String) {
        self.path = path
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        if descriptor >= 0 { _ = inotify_add_watch(descriptor, path, UInt32(IN_ATTRIB | IN_DELETE_SELF)) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether the node is gone. Takes what the descriptor has told.
    func nodeIsGone() -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while read(descriptor, buffer.baseAddress!, buffer.count) > 0 {}
        }
        return access(path, F_OK) != 0
    }
}
