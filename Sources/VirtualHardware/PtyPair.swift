import CLinux
import Glibc
import RTOS
import Synchronization

/// A pair of pseudoterminals: `path` is a serial port without a wire, and this value is the far end of its line.
///
/// It passes through the kernel's real tty layer. Each direction may be used by one thread.
public final class PtyPair: Sendable {
    /// The path of the serial port.
    public let path: String
    /// The far end, in blocking mode; -1 once it has hung up.
    private let descriptor: Atomic<Int32>

    /// The far end's descriptor, for those who poll it.
    public var farEnd: Int32 { descriptor.load(ordering: .acquiring) }

    /// nil if the machine has no pseudoterminal left.
    public init?() {
        let name = UnsafeMutablePointer<CChar>.allocate(capacity: 64)
        defer { name.deallocate() }
        let master = hil_pty_open(name, 64)
        guard master >= 0 else { return nil }
        descriptor = Atomic(master)
        path = String(cString: name)
    }

    deinit {
        hangUp()
    }

    /// Closes the far end, which is to the port what unplugging is to a real one. Nobody may be reading or writing.
    public func hangUp() {
        let master = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        if master >= 0 { close(master) }
    }

    /// Blocks until something has come out of the line; nil once the port has been closed.
    public func readSome(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        while true {
            let count = Glibc.read(farEnd, buffer.baseAddress, buffer.count)
            if count > 0 { return count }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }

    /// Blocks until `count` bytes have come out of the line; fewer if the port was closed.
    public func read(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[done...])
                guard let step = readSome(into: rest) else { break }
                done += step
            }
        }
    }

    /// Sends bytes to the port, blocking for as long as it takes none; false if it has gone.
    @discardableResult
    public func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let step = Glibc.write(farEnd, bytes.baseAddress! + done, bytes.count - done)
            if step > 0 {
                done += step
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Sends bytes to the port; false if it has gone.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { write($0) }
    }
}
