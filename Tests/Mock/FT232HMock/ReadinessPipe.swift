import CUMockdev
import Glibc

/// Makes a device node ready for `poll` or not, as usbfs does when URBs have ended: the node is a named pipe with room for
/// one piece, which takes another (`POLLOUT`) only while it is empty.
///
/// All who have the node open see the same: one of them may look in vain.
final class ReadinessPipe: Sendable {
    private let descriptor: Int32

    /// Puts the pipe in the place of a file.
    ///
    /// - Returns: nil if it cannot be made; `errno` says why.
    init?(path: String) {
        unlink(path)
        // An end for reading and one for writing, so that nobody waits for the other in `open`.
        guard mkfifo(path, 0o666) == 0, chmod(path, 0o666) == 0 else { return nil }
        descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        // A page is one piece, whatever is written to it.
        guard descriptor >= 0, fcntl(descriptor, hil_set_pipe_size, getpagesize()) >= 0 else { return nil }
        set(false)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Does not block; the same state again changes nothing that anybody sees.
    func set(_ isReady: Bool) {
        guard isReady else {
            var byte: UInt8 = 0
            _ = write(descriptor, &byte, 1)
            return
        }
        // All of it: bytes that are written one by one go into the same piece.
        let size = Int(getpagesize())
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { _ = read(descriptor, $0.baseAddress, size) }
    }
}
